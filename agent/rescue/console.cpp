#include "agent/rescue/console.h"

#include <algorithm>
#include <utility>

#include "agent/rescue/prompt.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"

namespace nbdroot::agent::rescue {
namespace {

// Rarer than the tries that need nobody's wish.
constexpr Duration kLongestPause = 2 * kRetryInterval;

}  // namespace

Programs usual_programs() {
    return {.offer = {.path = "/proc/self/exe", .arguments = {"rescue-offer"}, .environment = {}},
            .prompt = {.path = "/proc/self/exe", .arguments = {"rescue-prompt"}, .environment = {}},
            .has_shell = has_shell};
}

Console::Console(io::Loop& loop, const Log& log, Programs programs)
    : loop_(loop),
      log_(log),
      programs_(std::move(programs)),
      offer_timer_(loop.timer([this] { make_offer(); })),
      wish_timer_(loop.timer([this] { wish(); })),
      wait_timer_(loop.timer([this] {
          is_over_ = true;
          loop_.stop();
      })),
      pause_(programs_.shortest_shell) {}

void Console::offer(std::function<std::string()> reason) {
    reason_ = std::move(reason);
    arm_offer();
}

void Console::stop_offering() {
    reason_ = nullptr;
    offer_timer_->cancel();
}

// Whenever a console has gone: without it, a boot that goes on for ever could not be reached.
void Console::arm_offer() {
    if (reason_) offer_timer_->arm(sys::now() + programs_.offer_after);
}

void Console::make_offer() {
    if (program_ || !start(Kind::offer) || !program_) return;
    std::string reason = reason_();
    reason.resize(std::min(reason.find(';'), reason.size()));  // not what comes next
    log_.warning(cat("boot: no root yet", reason.empty() ? "" : ": ", reason,
                     "; press Enter for the rescue ", programs_.has_shell() ? "shell" : "prompt"));
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
    arm_offer();
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
    sys::Program order = kind == Kind::offer ? programs_.offer : programs_.prompt;
    order.environment.push_back("NBDROOT_ERROR=" + error_);
    order.environment.emplace_back("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    auto program = sys::ConsoleProgram::start(order, programs_.terminal);
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
    if (!had_terminal) return;
    if (kind_ == Kind::prompt) return on_prompt_end(end);
    if (end.status == kWishStatus) {
        start(Kind::prompt);
    } else {
        arm_offer();  // ^D
    }
}

// A shell's end is a wish, whatever its status. The built-in prompt says what is one: it also ends
// where the console cannot be read.
void Console::on_prompt_end(const sys::ChildEnd& end) {
    arm_offer();
    if (end.status == kWishStatus) return wish();
    if (!programs_.has_shell()) return;
    const bool is_short = sys::now() < started_ + programs_.shortest_shell;
    if (!is_short) pause_ = programs_.shortest_shell;
    wish_timer_->arm(started_ + pause_);
    if (is_short) pause_ = std::min(2 * pause_, kLongestPause);
}

void Console::wish() {
    arm_offer();
    loop_.stop();
}

void Console::end() {
    watch_.reset();
    if (program_) program_->end();
    program_.reset();
}

}  // namespace nbdroot::agent::rescue
