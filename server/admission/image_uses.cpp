#include "server/admission/image_uses.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::admission {
namespace {

// Images whose command after them runs or waits. Exports of one image each cannot be so many;
// where each address has one, a network of addresses must not cost memory without a bound.
constexpr std::size_t kMaximumEnding = 1024;

constexpr std::size_t kFirstSweep = 64;

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): only where memory is out
ImageUses::Use::~Use() {
    if (const auto uses = uses_.lock()) uses->end(key_);
}

ImageUses::ImageUses(io::Loop& loop, const Log& log, Limits limits)
    : log_(log), before_(loop, limits.before), after_(loop, limits.after) {
    before_.set_on_idle([this] { tell_idle(); });
    after_.set_on_idle([this] { tell_idle(); });
}

void ImageUses::begin(std::shared_ptr<const Policy> policy, Occasion occasion,
                      std::weak_ptr<const void> guest, Done done) {
    const std::string key = cat(occasion.export_name, '\0', occasion.path);
    const auto known = rounds_.find(key);
    const bool is_new = known == rounds_.end();
    if (!is_new) {
        if (auto use = known->second.use.lock()) return done(std::move(use));
    } else if (policy->pattern && !policy->after.empty() && after_.size() >= kMaximumEnding) {
        return done(fail("run", "", "too many of them wait (postrun)", EAGAIN));
    }
    Round& round = rounds_[key];
    sweep(round);
    round.waiting.push_back({.guest = std::move(guest),
                             .done = std::move(done),
                             .policy = std::move(policy),
                             .occasion = std::move(occasion)});
    if (is_new) prepare(key);
}

// Those who have left while they waited; seldom, so that it costs nothing.
void ImageUses::sweep(Round& round) {
    if (round.waiting.size() < round.sweep_at) return;
    std::erase_if(round.waiting, [](const Waiting& one) { return one.guest.expired(); });
    round.sweep_at = std::max(kFirstSweep, 2 * round.waiting.size());
}

bool ImageUses::is_awaited(const std::string& key) {
    auto& waiting = rounds_.at(key).waiting;
    return std::any_of(waiting.begin(), waiting.end(),
                       [](const Waiting& one) { return !one.guest.expired(); });
}

void ImageUses::prepare(const std::string& key) {
    Round& round = rounds_.at(key);
    const Waiting& first = round.waiting.front();
    round.after = first.policy->after;
    round.occasion = first.occasion;
    const std::string& before = first.policy->before;
    if (before.empty()) return on_prepared(key, {});
    before_.submit({.program = make_command(before, round.occasion),
                    .client = round.occasion.client,
                    .is_wanted = [this, key] { return is_awaited(key); },
                    .done = [this, key](const auto& result) { on_prepared(key, result); }});
}

void ImageUses::on_prepared(const std::string& key, const Result<void>& result) {
    Round& round = rounds_.at(key);
    const auto waiting = std::exchange(round.waiting, {});
    std::shared_ptr<Use> use;
    if (result) {
        use = std::make_shared<Use>(weak_from_this(), key);
        round.use = use;
    } else {
        rounds_.erase(key);
    }
    for (const Waiting& one : waiting) {
        if (one.guest.expired()) continue;
        if (result) {
            one.done(use);
        } else {
            one.done(tl::unexpected(result.error()));
        }
    }
}

void ImageUses::end(const std::string& key) {
    const Round& round = rounds_.at(key);
    if (round.after.empty()) return on_ended(key);
    after_.submit({.program = make_command(round.after, round.occasion),
                   .client = round.occasion.client,
                   .is_wanted = {},
                   .done = [this, key](const Result<void>& result) {
                       const Occasion& occasion = rounds_.at(key).occasion;
                       if (!result) {
                           log_.warning(cat("export '", base::printable(occasion.export_name),
                                            "': the command after its last client (postrun): ",
                                            result.error().reason, "; its image is ",
                                            base::printable(occasion.path)));
                       }
                       on_ended(key);
                   }});
}

void ImageUses::on_ended(const std::string& key) {
    const auto place = rounds_.find(key);
    place->second.sweep_at = 0;
    sweep(place->second);
    if (place->second.waiting.empty()) {
        rounds_.erase(place);
    } else {
        prepare(key);
    }
}

void ImageUses::tell_idle() const {
    if (commands() == 0 && on_idle_) on_idle_();
}

}  // namespace nbdroot::server::admission
