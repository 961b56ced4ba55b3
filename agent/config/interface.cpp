#include "agent/config/interface.h"

#include <optional>

#include "agent/config/autoconf.h"
#include "agent/config/host.h"
#include "agent/config/refuse.h"
#include "lib/base/ipv4.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

using Method = InterfaceConfig::Method;

constexpr std::size_t kHostNameBytes = 64;  // __NEW_UTS_LEN
constexpr std::uint64_t kMtuMinimum = 68;   // RFC 791
constexpr std::uint64_t kMtuMaximum = 65535;
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

Result<std::uint32_t> parse_address(std::string_view what, std::string_view text) {
    if (text.starts_with('[')) return refuse(kIpv6Reason);
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

// The front of TEXT up to the next ':', which TEXT loses with it.
std::string_view take_field(std::string_view& text) {
    const std::size_t colon = text.find(':');
    const std::string_view field = text.substr(0, colon);
    text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    return field;
}

Result<std::uint32_t> parse_mtu(std::string_view text) {
    const auto mtu = base::parse_decimal(text, kMtuMaximum);
    if (mtu && *mtu >= kMtuMinimum) return static_cast<std::uint32_t>(*mtu);
    return refuse(cat("MTU ", quoted(text), " is not ", kMtuMinimum, " to ", kMtuMaximum));
}

Result<void> set_mac(const Mac& mac, InterfaceConfig& interface) {
    if (!base::is_card_mac(mac)) {
        return refuse(cat(base::format_mac(mac), " can be no card's address"));
    }
    interface.mac = mac;
    return {};
}

// [DNS][:DNS][:NTP]
Result<void> read_servers(std::string_view tail, InterfaceConfig& interface) {
    if (tail.find('[') != std::string_view::npos) {
        return refuse("an IPv6 name server cannot be used yet; write IPv4 ones");
    }
    const auto fields = base::split(tail, ':');
    if (fields.size() > 3) return refuse("has more than ten fields");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto address =
            NBDROOT_TRY(parse_optional_address(i < 2 ? "name server" : "time server", fields[i]));
        if (!address) continue;
        (i < 2 ? interface.name_servers : interface.time_servers).push_back(*address);
    }
    return {};
}

// What may follow the autoconf field: dracut's [MTU][:MAC] or the kernel's [DNS][:DNS][:NTP]. A
// first field of digits only is the MTU.
Result<void> read_tail(std::string_view tail, InterfaceConfig& interface) {
    std::string_view rest = tail;
    const std::string_view first = take_field(rest);
    const auto mac = base::parse_mac(rest);
    if (first.empty() && mac) return set_mac(*mac, interface);
    if (first.empty() || first.find_first_not_of("0123456789") != std::string_view::npos) {
        return read_servers(tail, interface);
    }
    interface.mtu_bytes = NBDROOT_TRY(parse_mtu(first));
    if (rest.empty()) return {};
    if (mac) return set_mac(*mac, interface);
    return refuse(cat(quoted(rest), " behind the MTU is not a MAC address"));
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
    const Autoconf autoconf = NBDROOT_TRY(parse_autoconf(take_field(rest), notes));
    interface.method = autoconf.method;
    interface.client_id = autoconf.client_id;
    NBDROOT_CHECK(read_tail(rest, interface));
    return interface;
}

// The second field is the kernel's server and dracut's peer. A peer is meant where a machine has no
// network but its own address and no way to others but through that one, and where dracut's
// "/LENGTH" follows. Taken for a peer, a server elsewhere would not be reached.
Result<void> read_server_or_peer(std::string_view text, InterfaceConfig& interface,
                                 std::vector<std::string>& notes) {
    const std::size_t slash = text.find('/');
    const bool alone = interface.address && interface.address->length_bits == 32;
    const auto address = NBDROOT_TRY(parse_optional_address("server", text.substr(0, slash)));
    const bool is_only_way = alone && (!interface.gateway || interface.gateway == address);
    const bool is_peer = is_only_way || slash != std::string_view::npos;
    if (!is_peer) {
        interface.server = address;
        return {};
    }
    if (address && !base::is_ipv4_host(*address)) {
        return refuse(cat("peer ", base::format_ipv4(*address), " cannot be a machine's address"));
    }
    if (slash != std::string_view::npos && !base::parse_ipv4_mask(text.substr(slash + 1))) {
        return refuse(cat("peer ", quoted(text), ": behind the slash is no length from 0 to 32"));
    }
    if (!address || !interface.address) {
        if (address) notes.push_back(cat("ip=: a peer without an address has no effect"));
        return {};
    }
    if (slash != std::string_view::npos && text.substr(slash + 1) != "32") {
        notes.push_back(cat("ip=: the peer ", text, " is taken as one machine, /32"));
    }
    interface.peer = address;
    return {};
}

// ip=CLIENT:SERVER:GATEWAY:MASK:HOST:DEVICE:AUTOCONF:TAIL
Result<InterfaceConfig> parse_field_form(std::string_view text, std::vector<std::string>& notes) {
    InterfaceConfig interface;
    const auto client = NBDROOT_TRY(parse_optional_address("client", take_field(text)));
    const std::string_view server = take_field(text);
    interface.gateway = NBDROOT_TRY(parse_optional_address("gateway", take_field(text)));
    const std::string_view mask = take_field(text);
    if (client) interface.address = NBDROOT_TRY(parse_prefix(*client, mask, notes));
    NBDROOT_CHECK(read_server_or_peer(server, interface, notes));
    interface.host_name = NBDROOT_TRY(parse_host_name(take_field(text)));
    const std::string_view device = take_field(text);
    if (!device.empty()) interface.device = NBDROOT_TRY(parse_device(device));
    const std::string_view word = take_field(text);
    if (!word.empty()) {
        const Autoconf autoconf = NBDROOT_TRY(parse_autoconf(word, notes));
        interface.method = autoconf.method;
        interface.client_id = autoconf.client_id;
    }
    if (interface.address) {
        if (!word.empty() && interface.method == Method::dhcp) {
            notes.push_back(cat("ip=: the address ", base::format_ipv4(*client),
                                " is taken as it is, ", quoted(word), " has no effect"));
        }
        interface.method = Method::fixed;
        interface.client_id.clear();
    }
    NBDROOT_CHECK(read_tail(text, interface));
    return interface;
}

bool is_lone_word(std::string_view text) {
    return text.find(':') == std::string_view::npos && !base::parse_ipv4(text);
}

// Whether FIRST and SECOND are meant as DEVICE:AUTOCONF, also where AUTOCONF is misspelt.
bool names_device(std::string_view first, std::string_view second) {
    const bool is_number = first.find_first_not_of("0123456789.") == std::string_view::npos;
    return !is_number && (is_autoconf(second) || (!second.empty() && !base::parse_ipv4(second)));
}

}  // namespace

Result<InterfaceConfig> parse_interface(std::string_view text, std::vector<std::string>& notes) {
    // An empty ip= turns the network off, as in the kernel.
    if (text.empty()) text = "off";
    if (is_lone_word(text) || text.starts_with("dhcp,")) {
        const Autoconf autoconf = NBDROOT_TRY(parse_autoconf(text, notes));
        InterfaceConfig interface;
        interface.method = autoconf.method;
        interface.client_id = autoconf.client_id;
        return interface;
    }
    if (text.starts_with('[')) return refuse(kIpv6Reason);
    std::string_view rest = text;
    const std::string_view first = take_field(rest);
    if (is_autoconf(first)) {
        return refuse(cat(quoted(first), " stands alone or behind the device, as in ip=eth0:dhcp"));
    }
    const std::string_view second = rest.substr(0, rest.find(':'));
    if (names_device(first, second)) return parse_device_form(first, rest, notes);
    return parse_field_form(text, notes);
}

}  // namespace nbdroot::agent::config
