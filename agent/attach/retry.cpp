#include "agent/attach/retry.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::agent::attach {
namespace {

constexpr Duration kQuickPause{250};
constexpr Duration kSlowPause{1000};
constexpr Duration kQuickPhase{30'000};

// Different failures remembered; with more than this many at a time (a server that says something
// else each time) the rest of them is counted.
constexpr std::size_t kRememberedLines = 8;

std::int64_t whole_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// xorshift32: enough to spread machines, and the same everywhere for one seed.
std::uint32_t next_random(std::uint32_t state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

}  // namespace

Retry::Retry(const Options& options, Instant now)
    : options_(options),
      started_(now),
      hopeful_since_(now),
      random_(options.seed == 0 ? 1 : options.seed) {}

Retry::Action Retry::on_failure(const Failure& failure, Instant now) {
    const bool is_known = failure.is_cut_short && !last_error_.reason.empty();
    if (!is_known) last_error_ = failure.error;
    round_is_lasting_ = round_is_lasting_ && failure.is_lasting;
    ++failed_;
    const bool round_is_over = failed_ >= options_.server_count;
    if (!is_known) say(failure, now);
    if (is_over(now)) return give_up(now);
    if (!round_is_over) return Connect{server()};
    const Instant until = now + pause_length(now);
    return Pause{options_.give_up_at ? std::min(until, *options_.give_up_at) : until};
}

Retry::Action Retry::on_pause_over(Instant now) {
    if (is_over(now)) return give_up(now);
    failed_ = 0;
    options_.first_server = 0;
    round_is_lasting_ = true;
    ++attempt_;
    return begin();
}

std::optional<std::string> Retry::take_line() { return std::exchange(line_, std::nullopt); }

std::string Retry::take_unsaid() {
    const std::uint64_t count = std::exchange(unsaid_, 0);
    if (count == 0) return {};
    return cat("; ", count, count == 1 ? " failure" : " failures", " with other words not shown");
}

bool Retry::is_over(Instant now) const {
    return options_.give_up_at && now >= *options_.give_up_at;
}

bool Retry::is_news(const std::string& message, Instant now) {
    std::erase_if(said_,
                  [&](const Said& said) { return now - said.at >= options_.repeat_line_after; });
    const bool known = std::any_of(said_.begin(), said_.end(),
                                   [&](const Said& said) { return said.message == message; });
    if (known) return false;
    if (said_.size() >= kRememberedLines) {
        ++unsaid_;
        return false;
    }
    said_.push_back({.message = message, .at = now});
    return true;
}

Duration Retry::pause_length(Instant now) {
    const Duration base = is_quick(round_is_lasting_, now) ? kQuickPause : kSlowPause;
    random_ = next_random(random_);
    const auto spread = static_cast<std::uint32_t>(base.count() / 2);
    return base - base / 4 + Duration(random_ % (spread + 1));
}

bool Retry::is_quick(bool lasting, Instant now) const {
    return !lasting && now - hopeful_since_ < kQuickPhase;
}

void Retry::say(const Failure& failure, Instant now) {
    const std::string message = failure.error.message();
    if (!is_news(message, now)) return;
    const char* const next = is_over(now)                        ? "giving up"
                             : is_quick(failure.is_lasting, now) ? "trying on every 0.25 s"
                                                                 : "trying on every 1 s";
    line_ = cat("attach: ", message, " (attempt ", attempt_, ", ", whole_seconds(now - started_),
                " s so far", take_unsaid(), "); ", next);
}

Retry::GiveUp Retry::give_up(Instant now) {
    Error error = last_error_;
    error.reason += cat(" (gave up after ", whole_seconds(now - started_), " s, attempt ", attempt_,
                        take_unsaid(), ")");
    return GiveUp{std::move(error)};
}

}  // namespace nbdroot::agent::attach
