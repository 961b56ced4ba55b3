#include "agent/config/interface.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "agent/config/host.h"
#include "agent/config/refuse.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

using Method = InterfaceConfig::Method;

constexpr std::size_t kHostNameBytes = 64;   // __NEW_UTS_LEN
constexpr std::size_t kClientIdBytes = 252;  // net/ipv4/ipconfig.c: type and 251 bytes of text
constexpr std::uint64_t kMtuMinimum = 68;    // RFC 791
constexpr std::uint64_t kMtuMaximum = 65535;
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
constexpr std::string_view kIpv6Reason =
    "IPv6 addresses cannot be configured yet; an IPv4 address or ip=dhcp is needed";

// A word that says how an address is found.
struct Autoconf {
    std::string_view word;
    std::optional<Method> method;  // nullopt: refused
    std::string_view remark;       // why; else a note, where there is one
};

constexpr std::array<Autoconf, 16> kAutoconf{{
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

const Autoconf* find_autoconf(std::string_view word) {
    const auto* const found = std::find_if(kAutoconf.begin(), kAutoconf.end(),
                                           [&](const Autoconf& row) { return row.word == word; });
    return found == kAutoconf.end() ? nullptr : found;
}

// "dhcp,TYPE,TEXT": the kernel's way to give DHCP option 61 (ic_proto_name).
Result<std::string> parse_client_id(std::string_view text) {
    const std::size_t comma = text.find(',');
    std::string_view type = text.substr(0, comma);
    const int base = type.starts_with("0x") ? 16 : 10;
    if (base == 16) type.remove_prefix(2);
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

// The interface's METHOD, once an autoconf field was read.
Result<Method> read_autoconf(std::string_view word, InterfaceConfig& interface,
                             std::vector<std::string>& notes) {
    if (word.starts_with("dhcp,")) {
        interface.client_id = NBDROOT_TRY(parse_client_id(word.substr(5)));
        return Method::dhcp;
    }
    const Autoconf* const row = find_autoconf(word);
    if (row == nullptr) {
        return refuse(
            cat(quoted(word), " is no way to get an address: dhcp, on, any, off or none"));
    }
    if (!row->method) return refuse(cat(quoted(word), ": ", row->remark));
    if (!row->remark.empty()) notes.push_back(cat("ip=", word, " ", row->remark));
    return *row->method;
}

Result<std::uint32_t> parse_address(std::string_view what, std::string_view text) {
    if (text.starts_with('[')) return refuse(std::string(kIpv6Reason));
    const auto address = base::parse_ipv4(text);
    if (!address) return refuse(cat(what, " ", quoted(text), " is not an IPv4 address"));
    return *address;
}

// An empty field and 0.0.0.0 say nothing, as in the kernel.
Result<std::optional<std::uint32_t>> parse_optional_address(std::string_view what,
                                                            std::string_view text) {
    if (text.empty()) return std::optional<std::uint32_t>();
    const std::uint32_t address = NBDROOT_TRY(parse_address(what, text));
    return address == 0 ? std::optional<std::uint32_t>() : std::optional(address);
}

Result<Ipv4Prefix> parse_prefix(std::uint32_t address, std::string_view mask,
                                std::vector<std::string>& notes) {
    if (!base::is_ipv4_host(address)) {
        return refuse(cat("client ", base::format_ipv4(address), " cannot be a machine's address"));
    }
    if (!mask.empty()) {
        const auto length_bits = base::parse_ipv4_mask(mask);
        if (length_bits && *length_bits > 0) return Ipv4Prefix{address, *length_bits};
        return refuse(
            cat("mask ", quoted(mask), " is neither like 255.255.255.0 nor a length from 1 to 32"));
    }
    // Not below 224.0.0.0 only: is_ipv4_host() has seen to that.
    const std::uint8_t length_bits = base::ipv4_class_length(address).value_or(32);
    notes.push_back(cat("ip= without a mask: /", length_bits, " by the class of ",
                        base::format_ipv4(address), ", as in the kernel"));
    return Ipv4Prefix{address, length_bits};
}

// What may follow the autoconf field: dracut's [MTU][:MAC] or the kernel's [DNS][:DNS][:NTP].
Result<void> read_tail(std::string_view tail, InterfaceConfig& interface,
                       std::vector<std::string>& notes) {
    const std::size_t colon = tail.find(':');
    const std::string_view first = tail.substr(0, colon);
    const bool is_mtu = base::parse_decimal(first).has_value();
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view() : tail.substr(colon + 1);
    if (is_mtu) {
        const auto mtu = base::parse_decimal(first, kMtuMaximum);
        if (!mtu || *mtu < kMtuMinimum) {
            return refuse(cat("MTU ", quoted(first), " is not ", kMtuMinimum, " to ", kMtuMaximum));
        }
        interface.mtu_bytes = static_cast<std::uint32_t>(*mtu);
        if (rest.empty()) return {};
    }
    if ((is_mtu || first.empty()) && !parse_boot_mac(rest).empty()) {
        notes.push_back(cat("ip=: the MAC address ", rest, " is not set, the card keeps its own"));
        return {};
    }
    if (is_mtu) return refuse(cat(quoted(rest), " behind the MTU is not a MAC address"));
    if (tail.find('[') != std::string_view::npos) {
        return refuse("an IPv6 name server cannot be used yet; write IPv4 ones");
    }
    const auto fields = base::split(tail, ':');
    if (fields.size() > 3) return refuse("has more than ten fields");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto address =
            NBDROOT_TRY(parse_optional_address(i < 2 ? "name server" : "time server", fields[i]));
        if (!address) continue;
        if (i < 2) interface.name_servers.push_back(*address);
        if (i == 2) notes.push_back(cat("ip=: the time server ", fields[i], " is not used"));
    }
    return {};
}

Result<std::string> parse_host_name(std::string_view text) {
    const bool good = text.size() <= kHostNameBytes && !text.starts_with('-') &&
                      text.find_first_not_of(kNameCharacters) == std::string_view::npos;
    if (good) return std::string(text);
    return refuse(cat("host name ", quoted(text), " is not 1 to ", kHostNameBytes,
                      " letters, digits, '-', '.' and '_'"));
}

Result<std::string> parse_device(std::string_view text) {
    if (is_interface_name(text)) return std::string(text);
    return refuse(cat(quoted(text), " is no interface name: 1 to 15 characters, no '/' or blank"));
}

// ip=DEVICE:AUTOCONF[:[MTU][:MAC]]
Result<InterfaceConfig> parse_device_form(std::string_view device, std::string_view rest,
                                          std::vector<std::string>& notes) {
    InterfaceConfig interface;
    interface.device = NBDROOT_TRY(parse_device(device));
    const std::size_t colon = rest.find(':');
    interface.method = NBDROOT_TRY(read_autoconf(rest.substr(0, colon), interface, notes));
    if (colon == std::string_view::npos) return interface;
    NBDROOT_CHECK(read_tail(rest.substr(colon + 1), interface, notes));
    return interface;
}

// The front of TEXT up to the next ':', which TEXT loses with it.
std::string_view take_field(std::string_view& text) {
    const std::size_t colon = text.find(':');
    const std::string_view field = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    return field;
}

// ip=CLIENT:SERVER:GATEWAY:MASK:HOST:DEVICE:AUTOCONF:TAIL
Result<InterfaceConfig> parse_field_form(std::string_view text, std::vector<std::string>& notes) {
    InterfaceConfig interface;
    const auto client = NBDROOT_TRY(parse_optional_address("client", take_field(text)));
    interface.server = NBDROOT_TRY(parse_optional_address("server", take_field(text)));
    interface.gateway = NBDROOT_TRY(parse_optional_address("gateway", take_field(text)));
    const std::string_view mask = take_field(text);
    if (client) interface.address = NBDROOT_TRY(parse_prefix(*client, mask, notes));
    interface.host_name = NBDROOT_TRY(parse_host_name(take_field(text)));
    const std::string_view device = take_field(text);
    if (!device.empty()) interface.device = NBDROOT_TRY(parse_device(device));
    const std::string_view autoconf = take_field(text);
    if (!autoconf.empty()) {
        interface.method = NBDROOT_TRY(read_autoconf(autoconf, interface, notes));
    }
    if (interface.address) {
        if (!autoconf.empty() && interface.method == Method::dhcp) {
            notes.push_back(cat("ip=: the address ", base::format_ipv4(*client),
                                " is taken as it is, ", quoted(autoconf), " has no effect"));
        }
        interface.method = Method::fixed;
    }
    NBDROOT_CHECK(read_tail(text, interface, notes));
    return interface;
}

bool is_lone_word(std::string_view text) {
    return text.find(':') == std::string_view::npos && !base::parse_ipv4(text);
}

}  // namespace

Result<InterfaceConfig> parse_interface(std::string_view text, std::vector<std::string>& notes) {
    // An empty ip= turns the network off, as in the kernel.
    if (text.empty()) text = "off";
    if (text.starts_with('[')) return refuse(std::string(kIpv6Reason));
    if (is_lone_word(text) || text.starts_with("dhcp,")) {
        InterfaceConfig interface;
        interface.method = NBDROOT_TRY(read_autoconf(text, interface, notes));
        return interface;
    }
    std::string_view rest = text;
    const std::string_view first = take_field(rest);
    const std::string_view second = rest.substr(0, rest.find(':'));
    const bool names_device = !first.empty() && !base::parse_ipv4(first) &&
                              (find_autoconf(second) != nullptr || second.starts_with("dhcp,"));
    return names_device ? parse_device_form(first, rest, notes) : parse_field_form(text, notes);
}

}  // namespace nbdroot::agent::config
