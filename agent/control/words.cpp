#include "agent/control/words.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::control {

bool Words::take_option(std::string_view option) {
    const auto place = std::find(left_.begin(), left_.end(), option);
    if (place == left_.end()) return false;
    left_.erase(place);
    return true;
}

std::optional<std::string_view> Words::take_value(std::string_view option) {
    const auto place = std::find(left_.begin(), left_.end(), option);
    if (place == left_.end()) return std::nullopt;
    const auto next = left_.erase(place);
    if (next == left_.end()) return "";
    const std::string_view value = *next;
    left_.erase(next);
    return value;
}

std::optional<std::string_view> Words::take() {
    if (left_.empty() || left_.front().starts_with('-')) return std::nullopt;
    const std::string_view word = left_.front();
    left_.erase(left_.begin());
    return word;
}

std::vector<std::string> Words::take_list() {
    std::vector<std::string> words(left_.begin(), left_.end());
    left_.clear();
    return words;
}

std::string Words::take_all() {
    std::string all;
    for (const std::string_view word : left_) all += cat(all.empty() ? "" : " ", word);
    left_.clear();
    return all;
}

std::optional<std::string> Words::surplus() const {
    if (left_.empty()) return std::nullopt;
    const bool is_option = left_.front().starts_with('-');
    return cat(is_option ? "unknown option '" : "unexpected argument '",
               base::printable(left_.front()), "'");
}

}  // namespace nbdroot::agent::control
