#include "tests/support/load/load.h"

#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "lib/base/text.h"
#include "lib/sys/fd.h"
#include "tests/support/load/counted.h"

namespace nbdroot::load {
namespace {

constexpr std::int64_t kCountsEvery_ms = 1000;

// A serial port would echo our orders into our events.
void make_raw() {
    termios settings{};
    if (::tcgetattr(STDIN_FILENO, &settings) != 0) return;
    ::cfmakeraw(&settings);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void run_shell(const std::string& command) {
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string words = command;
    const std::array<char*, 4> arguments{shell.data(), option.data(), words.data(), nullptr};
    pid_t pid = 0;
    const int code =
        ::posix_spawn(&pid, shell.c_str(), nullptr, nullptr, arguments.data(), environ);
    if (code != 0) print_line(cat(R"({"event":"error","error":"/bin/sh: errno )", code, "\"}"));
}

class Load {
public:
    Result<void> start(const Plan& plan) {
        progress_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        shared_.progress_fd = progress_.get();
        for (std::uint64_t i = 0; i < plan.writers; ++i) {
            writers_.push_back(make_writer(shared_, i, plan.directory));
        }
        for (std::uint64_t i = 0; i < plan.readers; ++i) {
            readers_.push_back(NBDROOT_TRY(make_reader(shared_, i, plan.reference)));
        }
        for_all([](Worker& worker) { worker.start(); });
        return {};
    }

    // Until the order to stop, or the end of standard input.
    void serve() {
        next_counts_ms_ = now_ms() + kCountsEvery_ms;
        while (!shared_.stop) {
            std::array<pollfd, 2> watched{pollfd{STDIN_FILENO, POLLIN, 0},
                                          pollfd{progress_.get(), POLLIN, 0}};
            const auto patience = std::max<std::int64_t>(0, next_counts_ms_ - now_ms());
            ::poll(watched.data(), watched.size(), static_cast<int>(patience));
            if (watched[0].revents != 0) read_orders();
            if (watched[1].revents != 0) tell_marks();
            tell_counts();
        }
        for_all([](Worker& worker) { worker.join(); });
        print_counts("load", writers_, readers_);
    }

private:
    template <class Call>
    void for_all(Call call) {
        for (const auto& worker : writers_) call(*worker);
        for (const auto& worker : readers_) call(*worker);
    }

    void read_orders() {
        std::array<char, 4096> buffer{};
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count <= 0) shared_.stop = true;
        orders_.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        for (auto end = orders_.find_first_of("\r\n"); end != std::string::npos;
             end = orders_.find_first_of("\r\n")) {
            obey(orders_.substr(0, end));
            orders_.erase(0, end + 1);
        }
    }

    void obey(const std::string& order) {
        constexpr std::string_view kShell = "sh ";
        if (order == "stop") {
            shared_.stop = true;
        } else if (order == "mark") {
            ++shared_.mark;
        } else if (order.starts_with(kShell)) {
            run_shell(order.substr(kShell.size()));
        } else if (!order.empty()) {
            print_line(R"({"event":"error","error":"unknown order"})");
        }
    }

    void tell_marks() {
        eventfd_t ignored = 0;
        ::eventfd_read(progress_.get(), &ignored);
        std::uint64_t reached = shared_.mark;
        for_all([&](const Worker& worker) {
            reached = std::min<std::uint64_t>(reached, worker.counts().reached);
        });
        for (; told_ < reached; ++told_) {
            print_counts(told_ == 0 ? "runs" : "mark", writers_, readers_);
        }
    }

    void tell_counts() {
        if (now_ms() < next_counts_ms_) return;
        next_counts_ms_ = now_ms() + kCountsEvery_ms;
        print_counts("counts", writers_, readers_);
    }

    Shared shared_;
    sys::Fd progress_;
    Workers writers_;
    Workers readers_;
    std::string orders_;
    std::uint64_t told_ = 0;  // marks
    std::int64_t next_counts_ms_ = 0;
};

}  // namespace

Result<void> run_load(const Plan& plan) {
    std::signal(SIGCHLD, SIG_IGN);
    // The root may fail by design: then our own pages must not have to be read from it.
    ::mlockall(MCL_CURRENT);
    make_raw();
    Load load;
    NBDROOT_CHECK(load.start(plan));
    load.serve();
    return {};
}

}  // namespace nbdroot::load
