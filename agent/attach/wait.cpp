#include "agent/attach/wait.h"

#include "lib/io/loop.h"

namespace nbdroot::agent::attach {
namespace {

constexpr Duration kInterval{10};

}  // namespace

Result<bool> wait_until(Duration limit, const std::function<Result<bool>()>& condition) {
    Result<bool> met = condition();
    if (!met || *met) return met;
    const auto loop = NBDROOT_TRY(io::make_epoll_loop());
    const Instant deadline = loop->now() + limit;
    std::unique_ptr<io::Timer> timer;
    timer = loop->timer([&] {
        met = condition();
        if (!met || *met || loop->now() >= deadline) return loop->stop();
        timer->arm(loop->now() + kInterval);
    });
    timer->arm(loop->now() + kInterval);
    NBDROOT_CHECK(loop->run());
    return met;
}

}  // namespace nbdroot::agent::attach
