#include "agent/config/expand.h"

#include <array>

#include "agent/config/export_name.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

struct Placeholder {
    char letter;
    std::string_view what;
    std::string Identity::*value;
};

constexpr std::array<Placeholder, 5> kValues{{
    {'m', "MAC address", &Identity::mac},
    {'h', "host name", &Identity::host_name},
    {'u', "system UUID", &Identity::system_uuid},
    {'s', "serial number", &Identity::serial},
    {'i', "IPv4 address", &Identity::address},
}};
static_assert(kValues.size() == kPlaceholders.size());

const Placeholder* find_placeholder(char letter) {
    for (const Placeholder& placeholder : kValues) {
        if (placeholder.letter == letter) return &placeholder;
    }
    return nullptr;
}

}  // namespace

Result<std::string> expand_export(std::string_view export_name, const Identity& identity) {
    const auto refuse = [&](std::string_view reason) {
        return fail("expand export", base::printable(export_name), reason);
    };
    std::string name;
    for (std::size_t i = 0; i < export_name.size(); ++i) {
        if (export_name[i] != '%') {
            name += export_name[i];
            continue;
        }
        ++i;
        const char letter = i < export_name.size() ? export_name[i] : '\0';
        const Placeholder* const placeholder = find_placeholder(letter);
        if (letter == '%') {
            name += '%';
        } else if (placeholder == nullptr) {
            return refuse("a '%' is followed by none of m h u s i %");
        } else if ((identity.*placeholder->value).empty()) {
            return refuse(cat('%', letter, ": this machine's ", placeholder->what,
                              " is not known; use another placeholder"));
        } else {
            name += identity.*placeholder->value;
        }
    }
    if (name.find('\0') != std::string::npos) return refuse("the name would hold a zero byte");
    if (name.size() > kExportNameBytes) {
        return refuse(
            cat("the name would have ", name.size(), " bytes, the limit is ", kExportNameBytes));
    }
    return name;
}

}  // namespace nbdroot::agent::config
