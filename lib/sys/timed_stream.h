// A connected socket for programs that have nothing else to do: they wait, until a deadline.
#pragma once

#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::sys {

class TimedStream {
public:
    // TCP; OBJECT names the peer in errors. Each call below waits for at most LIMIT.
    static Result<TimedStream> connect(const SocketAddress& address, std::string object,
                                       Duration limit);

    void set_limit(Duration limit) { limit_ = limit; }

    Result<void> send(ByteView bytes);
    // At least one byte, 0 at the end of the stream.
    Result<std::size_t> receive(ByteSpan into);
    // All of INTO.
    Result<void> receive_all(ByteSpan into);

    [[nodiscard]] const std::string& peer() const { return object_; }

private:
    TimedStream(Fd fd, std::string object, Duration limit)
        : fd_(std::move(fd)), object_(std::move(object)), limit_(limit) {}

    Fd fd_;
    std::string object_;
    Duration limit_;
};

}  // namespace nbdroot::sys
