// The control socket: whoever connects sends one line and gets one answer, after which the
// connection is closed.
//
// What an asker may hold of the server is bounded: how many there are, how long a line is, how long
// reading and being told may take. While it waits for its answer it waits as long as that takes.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"

namespace nbdroot::server::control {

inline constexpr std::size_t kLongestRequest = 8192;
inline constexpr std::size_t kMostAskers = 16;  // more wait in the backlog

class Desk {
    struct Asker;

public:
    // Goes to one asker, once; where it has gone meanwhile, nowhere.
    class Answer {
    public:
        Answer() = default;

        void give(std::string text) const;
        // Somebody waits for it.
        [[nodiscard]] bool wanted() const { return !asker_.expired(); }

    private:
        friend class Desk;
        Answer(Desk& desk, const std::shared_ptr<Asker>& asker) : desk_(&desk), asker_(asker) {}

        Desk* desk_ = nullptr;
        std::weak_ptr<Asker> asker_;
    };

    // LINE without its newline. The answer may be given now or later, while the desk is there.
    using Handler = std::function<void(std::string_view line, const Answer& answer)>;

    // Listens on PATH, which only our user can connect to. The socket of a server that has died is
    // replaced, that of a living one is an Error.
    static Result<std::unique_ptr<Desk>> open(io::Loop& loop, const std::string& path,
                                              Handler handler, Duration patience = kPatience);
    // The same with LISTENER, which listens there already.
    static Result<std::unique_ptr<Desk>> take_over(io::Loop& loop, const std::string& path,
                                                   Handler handler, sys::Fd listener);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] int descriptor() const { return listener_.get(); }
    // New askers wait in the backlog until release().
    void hold();
    void release();

private:
    // For a whole line, and again for taking the answer.
    static constexpr Duration kPatience = std::chrono::seconds(10);

    Desk(io::Loop& loop, std::string path, Handler handler, Duration patience);

    [[nodiscard]] Result<void> serve(sys::Fd listener);
    void accept_waiting();
    void read(const std::shared_ptr<Asker>& asker);
    void take_line(const std::shared_ptr<Asker>& asker);
    void send(const std::shared_ptr<Asker>& asker);
    void dismiss(const std::shared_ptr<Asker>& asker);
    void update_wait();

    io::Loop& loop_;
    std::string path_;
    Handler handler_;
    Duration patience_;
    sys::Fd listener_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> again_;
    bool held_ = false;
    std::list<std::shared_ptr<Asker>> askers_;
};

}  // namespace nbdroot::server::control
