#include "agent/handover/interfaces_file.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::handover;

namespace {

const OwnNames kNames = {"eth0", "enp0s2"};

}  // namespace

TEST_CASE("a stanza of the root's interface becomes manual, others stay byte for byte") {
    const auto [before, after] = GENERATE(table<const char*, const char*>({
        {"auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n",
         "auto lo\niface lo inet loopback\n\nauto eth0\n"
         "# nbdroot-agent: iface eth0 inet dhcp\niface eth0 inet manual\n"},
        {"iface enp0s2 inet static\n\taddress 10.0.0.1/24\n\tgateway 10.0.0.2\n# c\n\n"
         "iface eth1 inet dhcp\n\thostname x\n",
         "# nbdroot-agent: iface enp0s2 inet static\niface enp0s2 inet manual\n"
         "# nbdroot-agent: \taddress 10.0.0.1/24\n# nbdroot-agent: \tgateway 10.0.0.2\n# c\n\n"
         "iface eth1 inet dhcp\n\thostname x\n"},
        {"iface eth0 inet6 auto\n",
         "# nbdroot-agent: iface eth0 inet6 auto\niface eth0 inet manual\n"},
        {"iface eth0 inet dhcp", "# nbdroot-agent: iface eth0 inet dhcp\niface eth0 inet manual\n"},
        {"iface eth0 inet dhcp\n up a\n post-up b\n pre-up c\n dns-search d\n down e\n pre-down f\n"
         " mtu 9000\n",
         "# nbdroot-agent: iface eth0 inet dhcp\niface eth0 inet manual\n up a\n post-up b\n "
         "pre-up c\n"
         " dns-search d\n# nbdroot-agent:  down e\n# nbdroot-agent:  pre-down f\n"
         "# nbdroot-agent:  mtu 9000\n"},
        {"iface eth0 \\\n inet \\\n dhcp\n  hostname \\\n x\nauto eth1\n",
         "# nbdroot-agent: iface eth0 \\\n# nbdroot-agent:  inet \\\n# nbdroot-agent:  dhcp\n"
         "iface eth0 inet manual\n# nbdroot-agent:   hostname \\\n# nbdroot-agent:  x\nauto "
         "eth1\n"},
        {"# a comment \\\niface eth0 inet dhcp\n",
         "# a comment \\\n# nbdroot-agent: iface eth0 inet dhcp\niface eth0 inet manual\n"},
        {"\tiface\teth0\tinet\tdhcp\r\n",
         "# nbdroot-agent: \tiface\teth0\tinet\tdhcp\r\niface eth0 inet manual\n"},
    }));
    CHECK(with_manual_interfaces(before, kNames) == std::string(after));
}

TEST_CASE("a hotplug interface, which systemd takes down by its name, becomes an automatic one") {
    const auto [before, after] = GENERATE(table<const char*, const char*>({
        {"allow-hotplug eth0\n", "# nbdroot-agent: allow-hotplug eth0\nauto eth0\n"},
        {"allow-hotplug eth1 eth0 eth2\n",
         "# nbdroot-agent: allow-hotplug eth1 eth0 eth2\nallow-hotplug eth1 eth2\nauto eth0\n"},
        {"allow-hotplug /en* eth1\n",
         "# nbdroot-agent: allow-hotplug /en* eth1\nallow-hotplug eth1\nauto /en*\n"},
        {"allow-hotplug mac/52:54:00:*=lan\n",
         "# nbdroot-agent: allow-hotplug mac/52:54:00:*=lan\nauto mac/52:54:00:*=lan\n"},
        {"allow-lan eth0=home", "# nbdroot-agent: allow-lan eth0=home\nauto eth0=home\n"},
    }));
    CHECK(with_manual_interfaces(before, kNames) == std::string(after));
}

TEST_CASE("a mapping of the root's interface goes, and leaves it one that is manual") {
    CHECK(with_manual_interfaces("mapping eth*\n\tscript /s\n\tmap x\nauto eth0\n", kNames) ==
          "# nbdroot-agent: mapping eth*\niface eth0 inet manual\n# nbdroot-agent: \tscript /s\n"
          "# nbdroot-agent: \tmap x\nauto eth0\n");
}

TEST_CASE("a file with nothing for the root's interface is not changed") {
    for (const char* const text :
         {"", "\n", "auto eth0\n", "iface eth1 inet dhcp\n", "iface eth0.7 inet dhcp\n",
          "iface eth0:1 inet static\n address 10.0.0.9\n", "iface eth0 inet manual\n mtu 9000\n",
          "#iface eth0 inet dhcp\n", " # iface eth0 inet dhcp\n", "iface\n", "allow-hotplug\n",
          "allow-auto eth0\n", "allow-hotplug /wl*\n", "mapping wl*\n script x\n",
          "source interfaces.d/*\n", "eth0 iface inet dhcp\n"}) {
        CAPTURE(text);
        CHECK_FALSE(with_manual_interfaces(text, kNames).has_value());
    }
    CHECK_FALSE(with_manual_interfaces("iface eth0 inet dhcp\n", {}).has_value());
}

TEST_CASE("a stanza that the root's interface is configured by under another name is found") {
    const char* const text =
        "auto lo eth0=home\nallow-hotplug /en*=wired /wl*=air\nauto eth1=other\n";
    CHECK(logical_names(text, kNames) == std::vector<std::string>{"home", "wired"});
}

TEST_CASE("inclusions and names are read off a file") {
    const char* const text =
        "source /etc/network/interfaces.d/*\nsource-directory more\n# source x\n"
        "iface a inet dhcp\nsource \\\n b c\niface b\n";
    const auto found = inclusions_of(text);
    REQUIRE(found.size() == 4);
    CHECK(found[0].path == "/etc/network/interfaces.d/*");
    CHECK_FALSE(found[0].is_directory);
    CHECK(found[1].path == "more");
    CHECK(found[1].is_directory);
    CHECK(found[3].path == "c");
    CHECK(interface_names(text) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a pattern of a shell") {
    const auto [pattern, name, matches] = GENERATE(table<const char*, const char*, bool>({
        {"*", "", true},
        {"*", "eth0", true},
        {"eth?", "eth0", true},
        {"eth?", "eth", false},
        {"e*0", "eth0", true},
        {"e*0", "eth01", false},
        {"", "", true},
        {"", "a", false},
        {"**a*b", "xaybzb", true},
        {"a*b*c", "abcb", false},
        {"en[ps]*", "eth0", true},
        {"eth0", "eth0", true},
        {"eth0", "eth00", false},
    }));
    CAPTURE(pattern, name);
    CHECK(matches_pattern(pattern, name) == matches);
}
