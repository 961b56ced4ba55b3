#include "agent/handover/ipconfig.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/handover/sample.h"

using nbdroot::agent::handover::ipconfig_file;
using nbdroot::tests::by_dhcp;

TEST_CASE("ipconfig's file has all its keys, and no value ends its apostrophes") {
    CHECK(ipconfig_file(by_dhcp(), 7) ==
          "DEVICE='eth0'\nPROTO='dhcp'\nIPV4ADDR='10.77.0.50'\nIPV4BROADCAST='10.77.0.255'\n"
          "IPV4NETMASK='255.255.255.0'\nIPV4GATEWAY='10.77.0.254'\nIPV4DNS0='10.77.0.1'\n"
          "IPV4DNS1='10.77.0.2'\nHOSTNAME='kiosk-7'\nDNSDOMAIN='example.org'\nNISDOMAIN=''\n"
          "ROOTSERVER='10.77.0.9'\nROOTPATH='nbd://10.77.0.1/it'\\''s'\nfilename=''\n"
          "UPTIME='7'\nDHCPLEASETIME='120'\nDOMAINSEARCH='lab.example.org example.org'\n");
}

TEST_CASE("an address that is not by DHCP says so, and what is not known is 0.0.0.0") {
    auto network = by_dhcp();
    network.dhcp_server.reset();
    network.boot_server.reset();
    network.gateway.reset();
    network.name_servers.clear();
    const std::string text = ipconfig_file(network, 0);
    CHECK(text.find("PROTO='none'\n") != std::string::npos);
    for (const char* const key : {"IPV4GATEWAY", "IPV4DNS0", "IPV4DNS1", "ROOTSERVER"}) {
        CAPTURE(key);
        CHECK(text.find(std::string(key) + "='0.0.0.0'\n") != std::string::npos);
    }
}

TEST_CASE("a root-path with a line break does not become a line of a shell's program") {
    auto network = by_dhcp();
    network.root_path = "a\nreboot\n";
    CHECK(ipconfig_file(network, 0).find("ROOTPATH='areboot'\n") != std::string::npos);
}

TEST_CASE("the DHCP server is not the server of the boot") {
    auto network = by_dhcp();
    network.boot_server.reset();
    CHECK(ipconfig_file(network, 0).find("ROOTSERVER='0.0.0.0'\n") != std::string::npos);
}

TEST_CASE("the broadcast address is the one in use, by the mask only where there is none") {
    auto network = by_dhcp();
    network.kept.address.broadcast = nbdroot::tests::address("10.255.255.255");
    CHECK(ipconfig_file(network, 0).find("IPV4BROADCAST='10.255.255.255'\n") != std::string::npos);
    network.kept.address.broadcast = 0;
    network.address.length_bits = 32;
    CHECK(ipconfig_file(network, 0).find("IPV4BROADCAST='10.77.0.50'\n") != std::string::npos);
}
