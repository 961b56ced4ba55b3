#include "server/export/losses.h"

namespace nbdroot::server::export_ {

void Losses::tell(const std::string& boot) {
    if (count_ == 0 || boot.empty()) return;
    if (told_.size() == kMaximumBoots && !told_.contains(boot)) told_.erase(told_.begin());
    told_[boot] = count_;
}

std::uint64_t Losses::known_to(const std::string& boot) const {
    const auto place = told_.find(boot);
    return place == told_.end() ? 0 : place->second;
}

}  // namespace nbdroot::server::export_
