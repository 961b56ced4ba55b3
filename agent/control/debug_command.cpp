#include "agent/control/debug_command.h"

#include <csignal>
#include <memory>
#include <optional>

#include "agent/control/ask.h"
#include "agent/control/debug_text.h"
#include "agent/control/tracing.h"
#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "lib/sys/clock.h"
#include "lib/sys/daemon.h"

namespace nbdroot::agent::control {
namespace {

constexpr Duration kInterval{1'000};
constexpr std::size_t kLongest = 1 << 20;  // of the kernel's part as well

class Debug {
public:
    Debug(const std::string& run, bool json, bool follows)
        : run_(run), json_(json), follows_(follows) {}

    // Once, or the first of many.
    [[nodiscard]] Result<void> show();
    // Until a signal, or an agent that does not answer any more.
    [[nodiscard]] Result<void> follow();

private:
    [[nodiscard]] Result<void> show_and_watch(io::Loop& loop, std::unique_ptr<io::Watch>& trace);

    const std::string& run_;
    bool json_;
    bool follows_;
    std::optional<Tracing> tracing_;
    RequestTrace trace_;
    std::int64_t shown_events_ = 0;
};

Result<void> Debug::show() {
    const Answer answer = NBDROOT_TRY(ask(run_, "debug"));
    const std::string& path = answer.value["device"].text();
    const std::string device = path.substr(path.rfind('/') + 1);
    // A relay knows its requests itself.
    if (follows_ && !tracing_ && answer.value["relay"].is_null()) {
        tracing_.emplace(NBDROOT_TRY(Tracing::begin(device)));
    }
    if (tracing_) trace_.read(tracing_->read());
    const KernelView kernel = look_at_kernel(device);
    const std::string json =
        debug_json(answer.text, kernel, tracing_ ? &trace_ : nullptr, sys::now());
    if (json_) {
        (void)print(json);
    } else {
        const JsonValue value = NBDROOT_TRY(base::parse_json(json, kLongest));
        (void)print(describe_debug(value, shown_events_));
    }
    const auto& events = answer.value["events"].items();
    if (!events.empty()) shown_events_ = events.back()["number"].number();
    return {};
}

// What has been traced is taken as it comes, or the kernel would overwrite it.
Result<void> Debug::show_and_watch(io::Loop& loop, std::unique_ptr<io::Watch>& trace) {
    NBDROOT_CHECK(show());
    if (!tracing_ || trace) return {};
    trace = NBDROOT_TRY(loop.watch(tracing_->pipe(), {.readable = true},
                                   [this](io::Ready) { trace_.read(tracing_->read()); }));
    return {};
}

Result<void> Debug::follow() {
    // They end it in order: the tracepoints are switched off again.
    const sys::Fd signals =
        NBDROOT_TRY(sys::signals_as_descriptor({SIGINT, SIGTERM, SIGHUP, SIGPIPE}));
    const auto loop = NBDROOT_TRY(io::make_epoll_loop());
    const auto ended = NBDROOT_TRY(
        loop->watch(signals.get(), {.readable = true}, [&](io::Ready) { loop->stop(); }));
    Result<void> shown;
    std::unique_ptr<io::Watch> trace;
    std::unique_ptr<io::Timer> timer;
    timer = loop->timer([&] {
        shown = show_and_watch(*loop, trace);
        if (!shown) return loop->stop();
        timer->arm(loop->now() + kInterval);
    });
    timer->arm(loop->now());
    NBDROOT_CHECK(loop->run());
    return shown;
}

}  // namespace

ExitStatus show_debug(Call& call) {
    const bool json = call.words.take_option("--json");
    const bool follow = call.words.take_option("--follow");
    if (const auto surplus = call.words.surplus()) return refuse(*surplus);
    Debug debug(call.run, json, follow);
    const auto shown = follow ? debug.follow() : debug.show();
    return shown ? ExitStatus::done : complain_of_answer(shown.error());
}

}  // namespace nbdroot::agent::control
