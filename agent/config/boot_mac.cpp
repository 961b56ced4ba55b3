#include <cstddef>

#include "agent/config/interface.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::size_t kMacCharacters = 17;  // six bytes, five separators

bool is_mac(std::string_view text) {
    if (text.size() != kMacCharacters) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool separator = text[i] == '-' || text[i] == ':';
        const bool digit = kHexDigits.find(text[i]) != std::string_view::npos;
        if (i % 3 == 2 ? !separator : !digit) return false;
    }
    return true;
}

}  // namespace

std::string parse_boot_mac(std::string_view text) {
    // In front may stand the type of the hardware, two digits and a separator.
    if (text.size() == kMacCharacters + 3 && is_mac(text.substr(0, kMacCharacters)) &&
        (text[2] == '-' || text[2] == ':')) {
        text.remove_prefix(3);
    }
    if (!is_mac(text)) return {};
    std::string mac(text);
    for (char& c : mac) {
        if (c == '-') c = ':';
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    return mac;
}

}  // namespace nbdroot::agent::config
