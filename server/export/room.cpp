#include "server/export/room.h"

#include <utility>

namespace nbdroot::server::export_ {

bool Room::now_used(std::uint64_t used_bytes, std::uint64_t quota_bytes) {
    if (quota_bytes == 0) return is_warned_ = false;
    const std::uint64_t hundredth = quota_bytes / 100;
    if (used_bytes < hundredth * kForgetBelow) is_warned_ = false;
    return used_bytes >= hundredth * kWarnAt && !std::exchange(is_warned_, true);
}

bool Room::now_full() {
    const Instant now = loop_.now();
    if (std::exchange(is_full_, true) || now < full_again_) return false;
    full_again_ = now + kFullAgain;
    return true;
}

void Room::wait(std::function<void()> try_again) {
    if (!next_try_) next_try_ = loop_.timer([this] { wake(); });
    if (waiters_.empty()) next_try_->arm(loop_.now() + kRetry);
    waiters_.push_back(std::move(try_again));
}

void Room::freed() {
    if (!waiters_.empty()) next_try_->arm(loop_.now());
}

void Room::wake() {
    for (const auto& try_again : std::exchange(waiters_, {})) try_again();
}

}  // namespace nbdroot::server::export_
