#include "agent/report/said.h"

#include <algorithm>

namespace nbdroot::agent::report {
namespace {

// A try says about ten lines; beyond this many the oldest are said again.
constexpr std::size_t kRemembered = 64;

std::string without_parentheses(std::string_view line) {
    std::string out;
    int depth = 0;
    for (const char c : line) {
        if (c == '(') ++depth;
        if (depth == 0) out += c;
        if (c == ')' && depth > 0) --depth;
    }
    return out;
}

}  // namespace

bool Said::passes(std::string_view line) {
    last_ = line;
    std::string essence = without_parentheses(line);
    const auto known = std::find(essences_.begin(), essences_.end(), essence);
    const bool is_new = known == essences_.end();
    if (!is_new) essences_.erase(known);
    if (essences_.size() == kRemembered) essences_.erase(essences_.begin());
    essences_.push_back(std::move(essence));
    return is_new || !hushed_;
}

}  // namespace nbdroot::agent::report
