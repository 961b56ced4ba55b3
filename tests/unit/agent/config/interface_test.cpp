#include "agent/config/interface.h"

#include "lib/base/ipv4.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::base::format_ipv4;
using nbdroot::test::holds;

namespace {

// What is set, in the order of the kernel's fields: "fixed 10.0.0.5/24 server=… gateway=…"; or the
// reason after "refused: ". Notes follow after " | ".
std::string summary(std::string_view text) {
    std::vector<std::string> notes;
    const auto interface = parse_interface(text, notes);
    if (!interface) return "refused: " + interface.error().reason;
    using Method = InterfaceConfig::Method;
    std::string out = interface->method == Method::dhcp    ? "dhcp"
                      : interface->method == Method::fixed ? "fixed"
                                                           : "none";
    const auto add = [&out](std::string_view name, const std::string& value) {
        if (!value.empty()) out += nbdroot::cat(' ', name, value);
    };
    if (interface->address) {
        out += nbdroot::cat(' ', format_ipv4(interface->address->address), '/',
                            interface->address->length_bits);
    }
    if (interface->server) add("server=", format_ipv4(*interface->server));
    if (interface->peer) add("peer=", format_ipv4(*interface->peer));
    if (interface->gateway) add("gateway=", format_ipv4(*interface->gateway));
    add("host=", interface->host_name);
    add("device=", interface->device);
    for (const std::uint32_t server : interface->name_servers) add("dns=", format_ipv4(server));
    for (const std::uint32_t server : interface->time_servers) add("ntp=", format_ipv4(server));
    if (interface->mtu_bytes) add("mtu=", nbdroot::cat(*interface->mtu_bytes));
    if (interface->mac) add("mac=", nbdroot::base::format_mac(*interface->mac));
    add("id=", nbdroot::base::printable(interface->client_id));
    for (const std::string& note : notes) out += nbdroot::cat(" | ", note);
    return out;
}

}  // namespace

TEST_CASE("ip= is read in the forms of the kernel and of dracut") {
    struct Row {
        std::string_view text;
        std::string_view summary;
    };
    const std::vector<Row> rows = {
        // lone words
        {"dhcp", "dhcp"},
        {"on", "dhcp"},
        {"any", "dhcp"},
        {"single-dhcp", "dhcp"},
        {"off", "none"},
        {"none", "none"},
        {"", "none"},
        {"bootp", "dhcp | ip=bootp asks by DHCP only, not by BOOTP"},
        {"both", "dhcp | ip=both asks by DHCP only, not by BOOTP or RARP"},
        {"dhcp,0,node-1", "dhcp id=\\x00node-1"},
        {"dhcp,255,a:b", "dhcp id=\\xffa:b"},
        {"dhcp,0x1,x", "dhcp id=\\x01x"},
        // the kernel's fields
        {"10.0.0.5::10.0.0.1:255.255.255.0:node:eth0:off",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 host=node device=eth0"},
        {"10.0.0.5:10.0.0.2:10.0.0.1:255.255.255.0:node:eth0:none",
         "fixed 10.0.0.5/24 server=10.0.0.2 gateway=10.0.0.1 host=node device=eth0"},
        {"10.0.0.5::10.0.0.1:255.255.255.0::eth0:off:9.9.9.9",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 device=eth0 dns=9.9.9.9"},
        {"10.0.0.5::10.0.0.1:255.255.255.0::eth0:off:9.9.9.9:1.1.1.1",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 device=eth0 dns=9.9.9.9 dns=1.1.1.1"},
        {"10.0.0.5::10.0.0.1:255.255.255.0::eth0:off:9.9.9.9:1.1.1.1:10.0.0.3",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 device=eth0 dns=9.9.9.9 dns=1.1.1.1 ntp=10.0.0.3"},
        {"10.0.0.5::10.0.0.1:255.255.255.0::eth0:off:::",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 device=eth0"},
        {"10.0.0.5:::255.255.0.0", "fixed 10.0.0.5/16"},
        {"10.0.0.5:::24", "fixed 10.0.0.5/24"},
        {"10.0.0.5:::24:::", "fixed 10.0.0.5/24"},
        {"10.0.0.5:::32::eth0", "fixed 10.0.0.5/32 device=eth0"},
        {"10.0.0.5:0.0.0.0:0.0.0.0:24:::off", "fixed 10.0.0.5/24"},
        {"10.0.0.5",
         "fixed 10.0.0.5/8 | ip= without a mask: /8 by the class of 10.0.0.5, "
         "as in the kernel"},
        {"172.16.0.5::::",
         "fixed 172.16.0.5/16 | ip= without a mask: /16 by the class of "
         "172.16.0.5, as in the kernel"},
        {"192.168.1.5::::",
         "fixed 192.168.1.5/24 | ip= without a mask: /24 by the class of "
         "192.168.1.5, as in the kernel"},
        {"10.0.0.5:::24::eth0:dhcp",
         "fixed 10.0.0.5/24 device=eth0 | ip=: the address 10.0.0.5 is taken as it is, 'dhcp' has "
         "no effect"},
        {"::::::dhcp", "dhcp"},
        {"::::node::dhcp", "dhcp host=node"},
        {":::::eth0:dhcp", "dhcp device=eth0"},
        {":::::eth0:dhcp,1,x", "dhcp device=eth0 id=\\x01x"},
        {":::::eth0", "dhcp device=eth0"},
        {":::::eth0:off", "none device=eth0"},
        {"0.0.0.0::::node.example.org:eth0.5:on", "dhcp host=node.example.org device=eth0.5"},
        // dracut
        {"eth0:dhcp", "dhcp device=eth0"},
        {"eth0:on", "dhcp device=eth0"},
        {"eth0:none", "none device=eth0"},
        {"enp1s0:dhcp:1500", "dhcp device=enp1s0 mtu=1500"},
        {"eth0:dhcp:9000:52:54:00:12:34:56", "dhcp device=eth0 mtu=9000 mac=52:54:00:12:34:56"},
        {"eth0:dhcp::52:54:00:12:34:56", "dhcp device=eth0 mac=52:54:00:12:34:56"},
        {"eth0:dhcp:::", "dhcp device=eth0"},
        {"eth0:dhcp,1,x", "dhcp device=eth0 id=\\x01x"},
        {"10.0.0.5::10.0.0.1:24:node:eth0:none:1400",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 host=node device=eth0 mtu=1400"},
        {"10.0.0.5::10.0.0.1:24:node:eth0:none:1400:52:54:00:12:34:56",
         "fixed 10.0.0.5/24 gateway=10.0.0.1 host=node device=eth0 mtu=1400 mac=52:54:00:12:34:56"},
        // the second field: the kernel's server, dracut's peer
        {"10.0.0.5:10.0.0.1:10.0.0.1:32::eth0:none",
         "fixed 10.0.0.5/32 peer=10.0.0.1 gateway=10.0.0.1 device=eth0"},
        {"10.0.0.5:10.0.0.1:10.0.0.1:255.255.255.255::eth0:none",
         "fixed 10.0.0.5/32 peer=10.0.0.1 gateway=10.0.0.1 device=eth0"},
        {"10.0.0.5:10.0.9.9:10.0.0.1:255.255.255.255::eth0:off",
         "fixed 10.0.0.5/32 server=10.0.9.9 gateway=10.0.0.1 device=eth0"},
        {"10.0.0.5:10.0.9.9/32:10.0.0.1:32::eth0:none",
         "fixed 10.0.0.5/32 peer=10.0.9.9 gateway=10.0.0.1 device=eth0"},
        {"10.0.0.5:10.0.0.1/32::24::eth0:none", "fixed 10.0.0.5/24 peer=10.0.0.1 device=eth0"},
        {"10.0.0.5:10.0.0.1/24::24::eth0:none",
         "fixed 10.0.0.5/24 peer=10.0.0.1 device=eth0 | ip=: the peer 10.0.0.1/24 is taken as one "
         "machine, /32"},
        {":10.0.0.1:::::dhcp", "dhcp server=10.0.0.1"},
        {":10.0.0.1/32:::::dhcp", "dhcp | ip=: a peer without an address has no effect"},
        // what the kernel reads as octal
        {"dhcp,010,x", "dhcp id=\\x08x"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(summary(row.text) == row.summary);
    }
}

TEST_CASE("an ip= that cannot be carried out is refused with the reason") {
    struct Row {
        std::string_view text;
        std::string_view reason;
    };
    const std::string_view v6 = "IPv6 addresses cannot be configured yet";
    const std::vector<Row> rows = {
        {"dhcp6", v6},
        {"auto6", v6},
        {"either6", v6},
        {"link6", v6},
        {"eth0:dhcp6", v6},
        {"[2001:db8::5]::[2001:db8::1]:64::eth0:none", v6},
        {"10.0.0.5::[2001:db8::1]:24", v6},
        {"10.0.0.5:::24::eth0:off:[2001:db8::1]", "an IPv6 name server cannot be used yet"},
        {"rarp", "RARP is not spoken; write dhcp"},
        {"link-local", "link-local addresses are not configured"},
        {"eth0:ibft", "iBFT table is not read"},
        {"dhpc", "'dhpc' is no way to get an address"},
        {"eth0", "'eth0' is no way to get an address"},
        {"eth0:dhpc", "'dhpc' is no way to get an address"},
        {"eth0:", "client 'eth0' is not an IPv4 address"},
        {"dhcp:eth0", "'dhcp' stands alone or behind the device, as in ip=eth0:dhcp"},
        {"10.0.0.256:dhcp", "client '10.0.0.256' is not an IPv4 address"},
        {"10.0.0.5:127.0.0.1::32", "peer 127.0.0.1 cannot be a machine's address"},
        {"10.0.0.5:10.0.0.1/x::24", "peer '10.0.0.1/x': behind the slash is no length"},
        {"eth0:dhcp:1500:01:00:5e:00:00:01", "01:00:5e:00:00:01 can be no card's address"},
        {"eth0:dhcp:1500:01-52-54-00-12-34-56", "behind the MTU is not a MAC address"},
        {"dhcp,08,x", "the client identifier '08,x' is not TYPE,TEXT"},
        {"10.0.0.256:::24", "client '10.0.0.256' is not an IPv4 address"},
        {"10.0.0.5:x", "server 'x' is not an IPv4 address"},
        {"10.0.0.5::x", "gateway 'x' is not an IPv4 address"},
        {"10.0.0.5:::255.0.255.0", "mask '255.0.255.0' is neither"},
        {"10.0.0.5:::33", "mask '33' is neither"},
        {"10.0.0.5:::0", "mask '0' is neither"},
        {"127.0.0.1:::8", "client 127.0.0.1 cannot be a machine's address"},
        {"224.0.0.1", "client 224.0.0.1 cannot be a machine's address"},
        {"255.255.255.255", "client 255.255.255.255 cannot be a machine's address"},
        {"10.0.0.5:::24:no/name", "host name 'no/name' is not 1 to 64 letters"},
        {"10.0.0.5:::24:-n", "host name '-n' is not 1 to 64 letters"},
        {"10.0.0.5:::24::an-interface-too-long", "is no interface name"},
        {"10.0.0.5:::24::a/b", "'a/b' is no interface name"},
        {"10.0.0.5:::24::..", "'..' is no interface name"},
        {"10.0.0.5:::24:::static6", "'static6' is no way to get an address"},
        {"10.0.0.5:::24:::off:x", "name server 'x' is not an IPv4 address"},
        {"10.0.0.5:::24:::off:9.9.9.9::x", "time server 'x' is not an IPv4 address"},
        {"10.0.0.5:::24:::off:9.9.9.9:::1", "has more than ten fields"},
        {"eth0:dhcp:67", "MTU '67' is not 68 to 65535"},
        {"eth0:dhcp:65536", "MTU '65536' is not 68 to 65535"},
        {"eth0:dhcp:1500:52:54", "'52:54' behind the MTU is not a MAC address"},
        {"dhcp,1", "the client identifier '1' is not TYPE,TEXT"},
        {"dhcp,256,x", "the client identifier '256,x' is not TYPE,TEXT"},
        {"dhcp,,x", "the client identifier ',x' is not TYPE,TEXT"},
        {"dhcp,1,", "the client identifier has 0 bytes of text, not 1 to 251"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK_THAT(summary(row.text), holds(row.reason));
    }
}

TEST_CASE("a client identifier longer than the kernel's is refused") {
    CHECK_THAT(summary("dhcp,1," + std::string(251, 'x')), holds("dhcp id="));
    CHECK_THAT(summary("dhcp,1," + std::string(252, 'x')), holds("refused: "));
}

TEST_CASE("BOOTIF= is read as every boot loader writes it") {
    for (const auto* text : {"01-52-54-00-12-34-ab", "01-52-54-00-12-34-AB", "52-54-00-12-34-ab",
                             "52:54:00:12:34:AB", "01:52:54:00:12:34:ab", "06-52-54-00-12-34-ab"}) {
        CAPTURE(text);
        CHECK(parse_boot_mac(text).mac == "52:54:00:12:34:ab");
        CHECK(parse_boot_mac(text).reason.empty());
    }
}

TEST_CASE("a BOOTIF= that is no Ethernet address is none, and why") {
    const auto [text, reason] = GENERATE(table<const char*, const char*>({
        {"", "is not like 01-52-54-00-12-34-56"},
        {"eth0", "is not like 01-52-54-00-12-34-56"},
        {"52-54-00-12-34", "is not like 01-52-54-00-12-34-56"},
        {"52-54-00-12-34-5g", "is not like 01-52-54-00-12-34-56"},
        {"525400123456", "is not like 01-52-54-00-12-34-56"},
        {"1-52-54-00-12-34-56", "is not like 01-52-54-00-12-34-56"},
        {"zz-52-54-00-12-34-56", "is not like 01-52-54-00-12-34-56"},
        {"a line that is longer than addresses are", "is not like 01-52-54-00-12-34-56"},
        {"01-52-54-00-12-34-56-78", "is longer than an Ethernet address"},
        {"20-80-00-02-08-fe-80-00-00-00-00-00-00-00-02-c9-03-00-1b-74-51",
         "is longer than an Ethernet address"},
        {"01-00-00-00-00-00-00", "can be no card's address"},
        {"ff:ff:ff:ff:ff:ff", "can be no card's address"},
    }));
    CAPTURE(text);
    CHECK(parse_boot_mac(text).mac.empty());
    CHECK(parse_boot_mac(text).reason == reason);
}
