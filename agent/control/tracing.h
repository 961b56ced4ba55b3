// The kernel's tracepoints of one block device, switched on for as long as this lives: in an
// instance of tracefs of its own, so that nobody else's tracing is touched.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::control {

class Tracing {
public:
    // DEVICE: "nbd0". What a follower that was killed has left behind is removed.
    [[nodiscard]] static Result<Tracing> begin(const std::string& device);

    Tracing(Tracing&&) noexcept = default;
    Tracing& operator=(Tracing&&) = delete;
    ~Tracing();

    // Readable while there is something to read().
    [[nodiscard]] int pipe() const { return pipe_.get(); }

    // What has been traced since the last call; empty: nothing. The rest of a lot comes with the
    // next call.
    [[nodiscard]] std::string read();

private:
    explicit Tracing(std::string folder) : folder_(std::move(folder)) {}
    [[nodiscard]] Result<void> set_up(const std::string& device);

    std::string folder_;  // empty: moved away
    sys::Fd pipe_;
};

}  // namespace nbdroot::agent::control
