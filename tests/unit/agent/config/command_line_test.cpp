#include "agent/config/parse.h"
#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;
using Strings = std::vector<std::string>;

namespace {

BootConfig read(std::string_view command_line, std::string_view defaults = {}) {
    const auto config = parse_command_line(command_line, defaults);
    INFO((config ? std::string() : config.error().message()));
    REQUIRE(config.has_value());
    return *config;
}

std::string refusal(std::string_view command_line, std::string_view defaults = {}) {
    const auto config = parse_command_line(command_line, defaults);
    return config ? "none: it was read" : config.error().message();
}

Strings hosts(const BootConfig& config) {
    Strings names;
    for (const Target& target : config.targets) {
        names.push_back(target.kind == Target::Kind::dhcp ? "dhcp" : target.host);
    }
    return names;
}

}  // namespace

TEST_CASE("one word is enough, the rest are defaults") {
    BootConfig expected;
    expected.targets = {Target{.host = "10.0.0.1", .port = 1234}};
    CHECK(read("nbdroot=10.0.0.1:1234") == expected);
}

TEST_CASE("a command line without a target is refused with the forms to write") {
    const std::string forms =
        "write nbdroot=HOST[:PORT][/EXPORT], nbdroot=nbd://HOST[:PORT][/EXPORT] or nbdroot=dhcp";
    CHECK(refusal("") == "parameter nbdroot: is missing; " + forms);
    CHECK(refusal("root=/dev/nbd0 ip=dhcp") == "parameter nbdroot: is missing; " + forms);
    CHECK(refusal("nbdroot") == "parameter nbdroot: has no value; " + forms);
    CHECK(refusal("-- nbdroot=a") == "parameter nbdroot: is missing; " + forms);
}

TEST_CASE("an error names the parameter as it was written") {
    CHECK(refusal("quiet nbdroot=a:0 ro") ==
          "parameter nbdroot=a:0: port '0' is not a number from 1 to 65535");
    CHECK(refusal("nbdroot=a nbdroot.relay=2") ==
          "parameter nbdroot.relay=2: takes 0 or 1, not '2'");
    CHECK(refusal("nbdroot=a nbdroot.rely=1") ==
          "parameter nbdroot.rely=1: is not known; did you mean nbdroot.relay");
    CHECK(refusal("nbdroot=a nbdroot.relay") ==
          "parameter nbdroot.relay: has no value; it takes 0 or 1");
    CHECK_THAT(refusal("nbdroot=a ip=rarp"), holds("parameter ip=rarp: 'rarp': "));
    CHECK(refusal("nbdroot=a", "nbdroot.relay=2") ==
          "default parameter nbdroot.relay=2: takes 0 or 1, not '2'");
    CHECK(refusal("nbdroot=a nameserver=x") ==
          "parameter nameserver=x: 'x' is not an IPv4 address");
    CHECK(refusal("nbdroot=a nbddev=/dev/sda") ==
          "parameter nbddev=/dev/sda: takes /dev/nbdN, not '/dev/sda'");
}

TEST_CASE("nbdroot= repeated is one list in order of preference") {
    CHECK(hosts(read("nbdroot=a,b:1 nbdroot=dhcp nbdroot=c")) == Strings{"a", "b", "dhcp", "c"});
    CHECK(hosts(read("nbdroot=")) == Strings{"dhcp"});
}

TEST_CASE("nbdroot= of the command line replaces that of the defaults") {
    CHECK(hosts(read("nbdroot=c", "nbdroot=a,b:1")) == Strings{"c"});
    CHECK(hosts(read("quiet", "nbdroot=a,b:1")) == Strings{"a", "b"});
    CHECK(hosts(read("root=nbd:c:raw", "nbdroot=a")) == Strings{"c"});
}

TEST_CASE("the device that Debian's form names in the defaults goes with its target") {
    CHECK(read("nbdroot=c", "nbdroot=a,b,nbd5").device == "nbd0");
    CHECK(read("quiet", "nbdroot=a,b,nbd5").device == "nbd5");
}

TEST_CASE("the later of two words wins, the command line over the defaults") {
    CHECK(read("nbdroot=a nbdroot.timeout=1 nbdroot.timeout=2").timeout_seconds == 2);
    CHECK(read("nbdroot=a nbdroot.timeout=1", "nbdroot.timeout=2").timeout_seconds == 1);
    CHECK(read("nbdroot=a", "nbdroot.timeout=2").timeout_seconds == 2);
    CHECK(read("nbdroot=a init=/x init=/y").root.init == "/y");
    CHECK(read("nbdroot=a ro rw").root.read_only == false);
    CHECK(read("nbdroot=a rw ro").root.read_only == true);
    CHECK(read("nbdroot=a", "rw").root.read_only == false);
    CHECK(read("nbdroot=a nbdroot.lost=error:3", "nbdroot.lost=reboot:9").lost ==
          LostPolicy{LostPolicy::Action::error, 3});
}

TEST_CASE("defaults may hold lines and comments") {
    const auto config = read("", "# nbdroot=x\nnbdroot=a\n\n  # no\nnbdroot.relay=1\n");
    CHECK(hosts(config) == Strings{"a"});
    CHECK(config.relay);
}

TEST_CASE("root= and what goes with it is read") {
    const auto root =
        read(
            "nbdroot=a root=/dev/nbd0p1 rootfstype=ext4 rootflags=noatime,data=journal "
            "rw init=/bin/sh rootdelay=3")
            .root;
    RootConfig expected;
    expected.device = "/dev/nbd0p1";
    expected.file_system = "ext4";
    expected.flags = "noatime,data=journal";
    expected.read_only = false;
    expected.init = "/bin/sh";
    expected.init_given = true;
    expected.delay = std::chrono::seconds(3);
    CHECK(root == expected);
    CHECK(read("nbdroot=a root=UUID=1-2").root.device == "UUID=1-2");
    CHECK(read("nbdroot=a root=\"LABEL=my root\"").root.device == "LABEL=my root");
    CHECK(read("nbdroot=a root=/dev/root").root.device.empty());
    CHECK(read("nbdroot=a rootfstype=auto").root.file_system.empty());
}

TEST_CASE("panic= and quiet are the kernel's") {
    CHECK(read("nbdroot=a panic=10 quiet").panic_seconds == 10);
    CHECK(read("nbdroot=a panic=-1").panic_seconds == -1);
    CHECK(read("nbdroot=a quiet").quiet);
    CHECK_FALSE(read("nbdroot=a quiet=1").quiet);
    CHECK_FALSE(read("nbdroot=a").panic_seconds.has_value());
}

TEST_CASE("a bad value of a parameter that is not ours is a note, not the end of the boot") {
    CHECK(read("nbdroot=a rootdelay=x").notes ==
          Strings{"rootdelay=x is no number of seconds, no effect"});
    CHECK(read("nbdroot=a panic=x").notes == Strings{"panic=x is no number of seconds, no effect"});
    CHECK(read("nbdroot=a init=").notes == Strings{"init= is empty and has no effect"});
    CHECK(read("nbdroot=a init=").root.init == "/sbin/init");
    CHECK(read("nbdroot=a BOOTIF=x").notes ==
          Strings{"BOOTIF=x is not like 01-52-54-00-12-34-56, no effect"});
}

TEST_CASE("parameters of others are passed over in silence") {
    const auto config = read(
        "BOOT_IMAGE=/vmlinuz console=ttyS0,115200 nbdroot=a root=/dev/nbd0 "
        "splash loglevel=3 nbds_max=16 nbd.nbds_max=16 systemd.unit=x \"a b\" = ==");
    CHECK(config.notes.empty());
    CHECK(config.root.init_arguments.empty());
}

TEST_CASE("words that belong to init reach it") {
    CHECK(read("nbdroot=a -- x y=\"1 2\" ro").root.init_arguments == Strings{"x", "y=1 2", "ro"});
    CHECK(read("nbdroot=a -- x ro rw").root.read_only);
    CHECK(read("nbdroot=a single splash").root.init_arguments == Strings{"single"});
    CHECK(read("nbdroot=a S 3 emergency -b -- -- x").root.init_arguments ==
          Strings{"S", "3", "emergency", "-b", "--", "x"});
    CHECK(read("nbdroot=a -- x", "-- y").root.init_arguments == Strings{"x"});
    CHECK(read("nbdroot=a", "-- y").root.init_arguments == Strings{"y"});
}

TEST_CASE("root= on an NBD device says which device is attached") {
    CHECK(read("nbdroot=a root=/dev/nbd3").device == "nbd3");
    CHECK(read("nbdroot=a root=/dev/nbd3p2").device == "nbd3");
    CHECK(read("nbdroot=a nbddev=/dev/nbd4").device == "nbd4");
    CHECK(read("nbdroot=a root=/dev/nbd3 nbddev=/dev/nbd4").device == "nbd3");
    CHECK(read("nbdroot=a,b,nbd5 root=/dev/nbd3").device == "nbd3");
    CHECK(read("nbdroot=a,b,nbd5").device == "nbd5");
    CHECK(read("nbdroot=a,b,nbd5 nbdroot.device=nbd6").device == "nbd6");
    CHECK(read("nbdroot=a root=/dev/nbd3p2 nbdroot.device=nbd3").device == "nbd3");
    CHECK(read("nbdroot=a root=/dev/vda1").device == "nbd0");
}

TEST_CASE("root= on another device than nbdroot.device= is refused") {
    CHECK(refusal("nbdroot=a root=/dev/nbd0p1 nbdroot.device=nbd1") ==
          "parameter root=/dev/nbd0p1: is on another device than nbdroot.device=nbd1; leave one of "
          "the two out");
}

TEST_CASE("dracut's root=nbd: and netroot=nbd: are targets and mount options") {
    const auto config = read("root=nbd:[2001:db8::1]:raw:ext4:ro,noatime");
    CHECK(hosts(config) == Strings{"2001:db8::1"});
    CHECK(config.root.device.empty());
    CHECK(config.root.file_system == "ext4");
    CHECK(config.root.flags == "noatime");
    CHECK(config.root.read_only);
    const auto split = read("root=LABEL=x netroot=nbd:192.168.50.1:raw ip=dhcp");
    CHECK(hosts(split) == Strings{"192.168.50.1"});
    CHECK(split.root.device == "LABEL=x");
    CHECK(hosts(read("root=dhcp")) == Strings{"dhcp"});
    CHECK(hosts(read("root=/dev/root netroot=dhcp")) == Strings{"dhcp"});
}

TEST_CASE("the kernel's parameters stand before dracut's mount options") {
    const auto config = read("rw rootfstype=xfs rootflags=nodev root=nbd:srv:raw:ext4:ro,noatime");
    CHECK_FALSE(config.root.read_only);
    CHECK(config.root.file_system == "xfs");
    CHECK(config.root.flags == "nodev");
}

TEST_CASE("dracut's parameters beside nbdroot= are named as without effect") {
    const auto config = read("nbdroot=a netroot=nbd:b:raw");
    CHECK(hosts(config) == Strings{"a"});
    CHECK(config.notes == Strings{"netroot=nbd:b:raw has no effect beside nbdroot="});
    CHECK(read("nbdroot=a netroot=iscsi:x").notes == Strings{"netroot=iscsi:x is not for NBD"});
}

TEST_CASE("a wrong dracut string is refused with its parameter") {
    CHECK_THAT(refusal("root=nbd:srv"), holds("parameter root=nbd:srv: dracut's form"));
    CHECK_THAT(refusal("netroot=nbd:srv:0"), holds("parameter netroot=nbd:srv:0: port"));
}

TEST_CASE("several ip= are several interfaces, one named again is set anew") {
    const auto devices = [](const BootConfig& config) {
        Strings names;
        for (const auto& interface : config.network.interfaces) names.push_back(interface.device);
        return names;
    };
    CHECK(devices(read("nbdroot=a ip=eth0:dhcp ip=eth1:dhcp")) == Strings{"eth0", "eth1"});
    const auto again = read("nbdroot=a ip=eth0:dhcp ip=10.0.0.5:::24::eth0:off");
    CHECK(devices(again) == Strings{"eth0"});
    CHECK(again.network.interfaces[0].method == InterfaceConfig::Method::fixed);
    CHECK(devices(read("nbdroot=a ip=eth1:dhcp", "ip=eth0:dhcp")) == Strings{"eth1"});
    CHECK(devices(read("nbdroot=a", "nfsaddrs=:::::eth0:dhcp")) == Strings{"eth0"});
    CHECK(read("nbdroot=a").network.interfaces.empty());
}

TEST_CASE("name servers are collected, those of the command line replace the defaults'") {
    using Servers = std::vector<std::uint32_t>;
    CHECK(read("nbdroot=a nameserver=9.9.9.9 nameserver=1.1.1.1").network.name_servers ==
          Servers{0x09090909, 0x01010101});
    CHECK(read("nbdroot=a nameserver=9.9.9.9", "nameserver=1.1.1.1").network.name_servers ==
          Servers{0x09090909});
    CHECK(read("nbdroot=a nameserver=2001:db8::1").notes ==
          Strings{"nameserver=2001:db8::1 has no effect: IPv4 only"});
}

TEST_CASE("BOOTIF= names the card, rd.bootif=0 says not to listen to it") {
    CHECK(read("nbdroot=a BOOTIF=01-52-54-00-12-34-AB").network.boot_mac == "52:54:00:12:34:ab");
    CHECK(read("nbdroot=a BOOTIF=01-52-54-00-12-34-AB rd.bootif=0").network.boot_mac.empty());
    CHECK(read("nbdroot=a rd.bootif=1 BOOTIF=52:54:00:12:34:ab").network.boot_mac ==
          "52:54:00:12:34:ab");
}

TEST_CASE("network parameters that cannot be honoured are named") {
    for (const std::string word :
         {"vlan=eth0.5:eth0", "bond=bond0", "bridge=br0", "team=t0", "dhcpclass=x"}) {
        CAPTURE(word);
        CHECK(read("nbdroot=a " + word).notes ==
              Strings{word + " is not supported and has no effect"});
    }
    CHECK(read("nbdroot=a rd.net.timeout.carrier=5").notes ==
          Strings{"rd.net.timeout.carrier=5 has no effect: the agent never stops trying"});
    CHECK(read("nbdroot=a rd.neednet=1 rd.netns=x").notes.empty());
}

TEST_CASE("an ip= that replaces another one says so, the same again does not") {
    CHECK(read("nbdroot=a ip=eth0:dhcp ip=eth0:off").notes ==
          Strings{"ip=eth0:off replaces an earlier ip= for eth0"});
    CHECK(read("nbdroot=a ip=dhcp ip=off").notes ==
          Strings{"ip=off replaces an earlier ip= for any interface"});
    CHECK(read("nbdroot=a ip=dhcp ip=on").notes.empty());
    CHECK(read("nbdroot=a ip=off", "ip=dhcp").notes.empty());
}

TEST_CASE("rd.route= is a network and the way to it") {
    const auto config = read("nbdroot=a rd.route=10.0.0.0/8:192.168.0.1 rd.route=1.2.3.4::eth0");
    CHECK(config.network.routes ==
          std::vector{
              StaticRoute{.destination = {0x0a000000, 8}, .gateway = 0xc0a80001, .device = {}},
              StaticRoute{.destination = {0x01020304, 32}, .gateway = {}, .device = "eth0"}});
    CHECK(read("nbdroot=a rd.route=10.0.0.0/8:1.2.3.4", "rd.route=11.0.0.0/8:1.2.3.4")
              .network.routes.size() == 1);
    CHECK(read("nbdroot=a rd.route=[2001:db8::/32]:[fe80::1]").notes ==
          Strings{"rd.route=[2001:db8::/32]:[fe80::1] has no effect: IPv4 only"});
    CHECK(read("nbdroot=a rd.route=10.0.0.0/8:1.2.3.4 rd.route=10.0.0.0/8:1.2.3.5").notes ==
          Strings{"rd.route=10.0.0.0/8:1.2.3.5 replaces an earlier one to the same network"});
}

TEST_CASE("an rd.route= that leads nowhere is refused") {
    const auto [value, reason] = GENERATE(table<const char*, const char*>({
        {"", "takes NET/LENGTH:GATEWAY[:DEVICE] or NET/LENGTH::DEVICE"},
        {"10.0.0.0/8", "takes NET/LENGTH:GATEWAY[:DEVICE] or NET/LENGTH::DEVICE"},
        {"10.0.0.0/8::", "takes NET/LENGTH:GATEWAY[:DEVICE] or NET/LENGTH::DEVICE"},
        {"10.0.0.0/8:1.2.3.4:eth0:x", "takes NET/LENGTH:GATEWAY[:DEVICE] or NET/LENGTH::DEVICE"},
        {"10.0.0.0/33:1.2.3.4", "destination '10.0.0.0/33' is not like 10.0.0.0/8"},
        {"10.0.0/8:1.2.3.4", "destination '10.0.0/8' is not like 10.0.0.0/8"},
        {"default:1.2.3.4", "destination 'default' is not like 10.0.0.0/8"},
        {"10.0.0.0/8:0.0.0.0", "gateway '0.0.0.0' is no machine's IPv4 address"},
        {"10.0.0.0/8:gw", "gateway 'gw' is no machine's IPv4 address"},
        {"10.0.0.0/8:1.2.3.4:a/b", "'a/b' is no interface name"},
    }));
    CHECK(refusal(std::string("nbdroot=a rd.route=") + value) ==
          std::string("parameter rd.route=") + value + ": " + reason);
}

TEST_CASE("ifname= gives the card with a MAC a name") {
    CHECK(
        read("nbdroot=a ifname=lan:52:54:00:12:34:AB ifname=lan:52:54:00:12:34:ab").network.names ==
        std::vector{NamedInterface{.name = "lan", .mac = {0x52, 0x54, 0, 0x12, 0x34, 0xab}}});
}

TEST_CASE("an ifname= that is no name and MAC, or contradicts another, is refused") {
    const std::string form = "takes NAME:MAC, as in bootnet:52:54:00:12:34:56";
    for (const std::string value :
         {"", "lan", "lan:", ":52:54:00:12:34:56", "lan:52:54:00:12:34", "a/b:52:54:00:12:34:56",
          "lan:01:00:5e:00:00:01", "lan:00:00:00:00:00:00"}) {
        CHECK(refusal("nbdroot=a ifname=" + value) == "parameter ifname=" + value + ": " + form);
    }
    CHECK(refusal("nbdroot=a ifname=lan:52:54:00:12:34:56 ifname=net:52:54:00:12:34:56") ==
          "parameter ifname=net:52:54:00:12:34:56: 52:54:00:12:34:56 is called lan already");
    CHECK(refusal("nbdroot=a ifname=lan:52:54:00:12:34:56 ifname=lan:52:54:00:12:34:57") ==
          "parameter ifname=lan:52:54:00:12:34:57: lan is the name of 52:54:00:12:34:56 already");
    CHECK(refusal("nbdroot=a ifname=lan:52:54:00:12:34:56 ip=lan:dhcp::52:54:00:12:34:57") ==
          "parameter ifname=lan:52:54:00:12:34:56: the ip= for lan sets another MAC address; "
          "leave one of the two out");
}

TEST_CASE("bootdev= is the boot's only interface") {
    CHECK(read("nbdroot=a bootdev=eth0").network.boot_device == "eth0");
    CHECK(read("nbdroot=a bootdev=eth0 ip=dhcp").network.boot_device == "eth0");
    CHECK(read("nbdroot=a bootdev=eth0 ip=eth1:dhcp ip=eth0:dhcp").network.boot_device == "eth0");
    CHECK(refusal("nbdroot=a bootdev=eth0 ip=eth1:dhcp ip=eth2:dhcp") ==
          "parameter bootdev=eth0: no ip= is for it; there is one for eth1, eth2");
    CHECK(refusal("nbdroot=a bootdev=") == "parameter bootdev=: '' is no interface name");
}

TEST_CASE("bootdev= stands before BOOTIF=, which is said") {
    const auto config = read("nbdroot=a BOOTIF=01-52-54-00-12-34-56 bootdev=eth0");
    CHECK(config.network.boot_mac.empty());
    CHECK(config.notes == Strings{"BOOTIF= has no effect beside bootdev=eth0"});
    CHECK(read("nbdroot=a BOOTIF=01-52-54-00-12-34-56 bootdev=eth0 rd.bootif=0").notes.empty());
}

TEST_CASE("a route over an interface that no ip= is for is named") {
    CHECK(read("nbdroot=a ip=eth0:dhcp rd.route=10.0.0.0/8::eth1").notes ==
          Strings{"rd.route= over eth1 has no effect: no ip= is for eth1"});
    CHECK(read("nbdroot=a ip=dhcp rd.route=10.0.0.0/8::eth1").notes.empty());
}

TEST_CASE("rd.peerdns=0 says not to use DHCP's name servers") {
    for (const std::string value : {"0", "no", "off"}) {
        CHECK_FALSE(read("nbdroot=a rd.peerdns=" + value).network.peer_dns);
    }
    CHECK(read("nbdroot=a rd.peerdns=1").network.peer_dns);
    CHECK(read("nbdroot=a rd.peerdns").network.peer_dns);
}

TEST_CASE("no option is read without effect") {
    for (const auto* option : {"timeout=5", "lost=reboot:5", "overlay=none", "overlay=tmpfs",
                               "overlay=tmpfs:1G", "relay=1", "failover=rw"}) {
        CAPTURE(option);
        CHECK(read(std::string("nbdroot=a nbdroot.") + option).notes.empty());
    }
}

TEST_CASE("a root below an overlay is never written, whatever rw says") {
    CHECK(read("nbdroot=a rw nbdroot.overlay=tmpfs").root.read_only);
}
