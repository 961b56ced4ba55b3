#include "agent/config/interface.h"
#include "lib/base/mac.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::size_t kTypeCharacters = 3;  // "01-"
constexpr std::size_t kMacCharacters = 17;

bool is_type(std::string_view text) {
    constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
    return kHexDigits.find(text[0]) != std::string_view::npos &&
           kHexDigits.find(text[1]) != std::string_view::npos && (text[2] == '-' || text[2] == ':');
}

}  // namespace

BootMac parse_boot_mac(std::string_view text) {
    // Of InfiniBand it is 20 bytes, or the last 8 of them.
    const bool is_hardware_address =
        text.find_first_not_of("0123456789abcdefABCDEF-:") == std::string_view::npos;
    if (is_hardware_address && text.size() > kTypeCharacters + kMacCharacters) {
        return {.mac = {}, .reason = "is longer than an Ethernet address"};
    }
    auto mac = base::parse_mac(text);
    if (!mac && text.size() > kTypeCharacters && is_type(text)) {
        mac = base::parse_mac(text.substr(kTypeCharacters));
    }
    if (!mac) return {.mac = {}, .reason = "is not like 01-52-54-00-12-34-56"};
    if (!base::is_card_mac(*mac)) return {.mac = {}, .reason = "can be no card's address"};
    return {.mac = base::format_mac(*mac), .reason = {}};
}

}  // namespace nbdroot::agent::config
