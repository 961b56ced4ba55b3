// The control socket: whoever connects sends one line and gets one answer, after which the
// connection is closed.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/io/loop.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::resident {

class Control {
public:
    static constexpr std::size_t kLongestRequest = 512;

    // REQUEST is the line without its newline; what is returned goes back as it is. nullopt: the
    // end of this process, or of the client's patience, is the answer. A line that is longer than
    // kLongestRequest comes cut off, one character longer than that.
    using Answer = std::function<std::optional<std::string>(std::string_view request)>;

    // LISTENER outlives this.
    Control(io::Loop& loop, int listener, Answer answer);

private:
    struct Client {
        sys::Fd fd;
        std::string request;
        std::string answer;  // what is left of it
        std::unique_ptr<io::Timer> deadline;
        std::unique_ptr<io::Watch> watch;
    };
    using Place = std::list<Client>::iterator;

    void listen();
    void accept_waiting();
    void pause();
    void read(Place client);
    void write(Place client);

    io::Loop& loop_;
    int listener_;
    Answer answer_;
    std::list<Client> clients_;
    std::unique_ptr<io::Timer> again_;
    std::unique_ptr<io::Watch> watch_;
};

}  // namespace nbdroot::agent::resident
