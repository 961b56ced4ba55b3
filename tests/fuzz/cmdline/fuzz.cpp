// The kernel command line is written by people, boot loaders and DHCP servers. Input: the command
// line, after a zero byte the defaults, after another what was added.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/config/expand.h"
#include "agent/config/export_name.h"
#include "agent/config/parse.h"
#include "lib/base/assert.h"
#include "lib/base/text.h"

using namespace nbdroot::agent::config;

namespace {

// TARGET as a URI, with every byte of the export encoded but for the placeholders.
std::string to_uri(const Target& target) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const bool is_ipv6 = target.host.find(':') != std::string::npos;
    std::string uri = nbdroot::cat("nbd://", is_ipv6 ? "[" : "", target.host, is_ipv6 ? "]" : "",
                                   ':', target.port, '/');
    const std::string& name = target.export_name;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '%') {
            uri += name.substr(i++, 2);
            continue;
        }
        const auto byte = static_cast<unsigned char>(name[i]);
        uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    return uri;
}

void check_target(const Target& target) {
    if (target.kind == Target::Kind::dhcp) {
        NBDROOT_ASSERT(target == Target{.kind = Target::Kind::dhcp});
        return;
    }
    NBDROOT_ASSERT(!target.host.empty() && target.port > 0);
    // A scope that begins with 25 is read as an encoded '%' and comes back shorter.
    if (target.host.find("%25") != std::string::npos) return;
    const auto again = parse_target(to_uri(target));
    NBDROOT_ASSERT(again.has_value() && *again == target);
    const Identity identity{"m", "h", "u", "s", "i"};
    const auto name = expand_export(target.export_name, identity);
    NBDROOT_ASSERT(!name || name->size() <= kExportNameBytes);
}

void check_json(std::string_view json) {
    NBDROOT_ASSERT(json.starts_with("{\"targets\":[{") && json.ends_with("]}\n"));
    for (const char c : json.substr(0, json.size() - 1)) {
        NBDROOT_ASSERT(static_cast<unsigned char>(c) >= 0x20);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = text.find('\0');
    const std::string_view line = text.substr(0, zero);
    const std::string_view rest =
        zero == std::string_view::npos ? std::string_view() : text.substr(zero + 1);
    const std::string_view defaults = rest.substr(0, rest.find('\0'));
    const std::string_view added =
        defaults.size() < rest.size() ? rest.substr(defaults.size() + 1) : std::string_view();
    const auto config = parse_command_line(line, defaults);
    NBDROOT_ASSERT(config == parse_command_line(line, defaults));
    if (!config) {
        NBDROOT_ASSERT(!config.error().reason.empty());
        NBDROOT_ASSERT(config.error().message().find('\n') == std::string::npos);
    } else {
        NBDROOT_ASSERT(!config->targets.empty());
        for (const Target& target : config->targets) check_target(target);
        check_json(to_json(*config));
    }
    if (const auto target = parse_target(text)) check_target(*target);
    const auto mended = parse_command_lines({.defaults = std::string(defaults),
                                             .kernel = std::string(line),
                                             .added = std::string(added)});
    if (mended) check_json(to_json(*mended));
    return 0;
}
