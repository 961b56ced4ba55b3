#include "lib/base/mac.h"

#include <string_view>

namespace nbdroot::base {

std::string format_mac(const Mac& mac) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : mac) {
        if (!out.empty()) out += ':';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

}  // namespace nbdroot::base
