#include "agent/rescue/console.h"

#include <algorithm>
#include <utility>

#include "agent/rescue/prompt.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"

namespace nbdroot::agent::rescue {
namespace {

// One that ends sooner is none; the boot must not spin for it.
constexpr Duration kShortestShell{1'000};

}  // namespace

Console::Console(io::Loop& loop, const Log& log)
    : loop_(loop),
      log_(log),
      offer_timer_(loop.timer([this] { offer(); })),
      wish_timer_(loop.timer([this] { loop_.stop(); })),
      wait_timer_(loop.timer([this] {
          is_over_ = true;
          loop_.stop();
      })) {}

void Console::offer_at(Instant moment, std::function<std::string()> reason) {
    reason_ = std::move(reason);
    offer_timer_->arm(moment);
}

void Console::offer() {
    if (program_ || !start(Kind::offer)) return;
    std::string reason = reason_();
    reason.resize(std::min(reason.find(';'), reason.size()));  // not what comes next
    log_.warning(cat("boot: no root yet", reason.empty() ? "" : ": ", reason,
                     "; press Enter for the rescue ", has_shell() ? "shell" : "prompt"));
}

void Console::open(const std::string& error) {
    offer_timer_->cancel();
    error_ = error;
    wish_timer_->cancel();
    if (program_ && kind_ == Kind::prompt) return;
    end();
    start(Kind::prompt);
}

void Console::run(const std::string& error) {
    open(error);
    if (!program_) return;
    watch_.reset();
    static_cast<void>(program_->wait());
    program_.reset();
}

void Console::close() {
    offer_timer_->cancel();
    wish_timer_->cancel();
    const bool was_open = program_ && kind_ == Kind::prompt;
    end();
    if (was_open) log_.warning("boot: the root is there; ending the rescue console, going on");
}

bool Console::wait_until(Instant moment) {
    is_over_ = false;
    wait_timer_->arm(moment);
    static_cast<void>(loop_.run());
    wait_timer_->cancel();
    return is_over_;
}

bool Console::start(Kind kind) {
    auto program = sys::ConsoleProgram::start(
        {.path = "/proc/self/exe",
         .arguments = {kind == Kind::offer ? "rescue-offer" : "rescue-prompt"},
         .environment = {"NBDROOT_ERROR=" + error_, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
    if (!program) {
        log_.error(program.error().message() + "; no rescue console");
        return false;
    }
    program_.emplace(std::move(*program));
    kind_ = kind;
    started_ = sys::now();
    watch();
    return true;
}

void Console::watch() {
    auto watch = loop_.watch(program_->fd(), {.readable = true}, [this](io::Ready) { on_end(); });
    if (watch) {
        watch_ = std::move(*watch);
        return;
    }
    // Linux before 5.3: nothing goes on behind the console, and there is no offer.
    if (kind_ == Kind::offer) return end();
    on_end();
}

void Console::on_end() {
    watch_.reset();
    const sys::ChildEnd end = program_->wait();
    const bool had_terminal = program_->has_terminal();
    program_.reset();
    const bool wished = end.status == kWishStatus;
    if (kind_ == Kind::offer) {
        if (wished) start(Kind::prompt);
        return;
    }
    if (wished) return loop_.stop();
    if (had_terminal) wish_timer_->arm(started_ + kShortestShell);
}

void Console::end() {
    watch_.reset();
    if (program_) program_->end();
    program_.reset();
}

}  // namespace nbdroot::agent::rescue
