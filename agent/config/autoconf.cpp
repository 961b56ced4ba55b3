#include "agent/config/autoconf.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "agent/config/refuse.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

using Method = InterfaceConfig::Method;

constexpr std::size_t kClientIdBytes = 252;  // net/ipv4/ipconfig.c: type and 251 bytes of text

struct Row {
    std::string_view word;
    std::optional<Method> method;  // nullopt: refused
    std::string_view remark;       // why; else a note, where there is one
};

constexpr std::array<Row, 16> kRows{{
    {"dhcp", Method::dhcp, ""},
    {"on", Method::dhcp, ""},
    {"any", Method::dhcp, ""},
    {"single-dhcp", Method::dhcp, ""},
    {"off", Method::none, ""},
    {"none", Method::none, ""},
    {"static", Method::none, ""},
    {"both", Method::dhcp, "asks by DHCP only, not by BOOTP or RARP"},
    {"bootp", Method::dhcp, "asks by DHCP only, not by BOOTP"},
    {"rarp", std::nullopt, "RARP is not spoken; write dhcp"},
    {"dhcp6", std::nullopt, kIpv6Reason},
    {"auto6", std::nullopt, kIpv6Reason},
    {"either6", std::nullopt, kIpv6Reason},
    {"link6", std::nullopt, kIpv6Reason},
    {"link-local", std::nullopt, "link-local addresses are not configured; write dhcp"},
    {"ibft", std::nullopt, "the firmware's iBFT table is not read; write dhcp"},
}};

const Row* find_row(std::string_view word) {
    const auto* const found =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.word == word; });
    return found == kRows.end() ? nullptr : found;
}

// As kstrtou8 with base 0 does; TEXT loses its "0x".
int take_base(std::string_view& text) {
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        return 16;
    }
    return text.starts_with('0') ? 8 : 10;
}

// "dhcp,TYPE,TEXT": the kernel's way to give DHCP option 61 (ic_proto_name).
Result<std::string> parse_client_id(std::string_view text) {
    const std::size_t comma = text.find(',');
    std::string_view type = text.substr(0, comma);
    const int base = take_base(type);
    std::uint8_t byte = 0;
    const char* const end = type.data() + type.size();
    const auto [stop, code] = std::from_chars(type.data(), end, byte, base);
    if (code != std::errc() || stop != end || comma == std::string_view::npos) {
        return refuse(cat("the client identifier ", quoted(text),
                          " is not TYPE,TEXT with a type from 0 to 255"));
    }
    std::string id = cat(static_cast<char>(byte), text.substr(comma + 1));
    if (id.size() == 1 || id.size() > kClientIdBytes) {
        return refuse(cat("the client identifier has ", id.size() - 1, " bytes of text, not 1 to ",
                          kClientIdBytes - 1));
    }
    return id;
}

}  // namespace

bool is_autoconf(std::string_view word) {
    return find_row(word) != nullptr || word.starts_with("dhcp,");
}

Result<Autoconf> parse_autoconf(std::string_view word, std::vector<std::string>& notes) {
    if (word.starts_with("dhcp,")) {
        return Autoconf{.method = Method::dhcp,
                        .client_id = NBDROOT_TRY(parse_client_id(word.substr(5)))};
    }
    const Row* const row = find_row(word);
    if (row == nullptr) {
        return refuse(
            cat(quoted(word), " is no way to get an address: dhcp, on, any, off or none"));
    }
    if (!row->method) return refuse(cat(quoted(word), ": ", row->remark));
    if (!row->remark.empty()) notes.push_back(cat("ip=", word, " ", row->remark));
    return Autoconf{.method = *row->method, .client_id = {}};
}

}  // namespace nbdroot::agent::config
