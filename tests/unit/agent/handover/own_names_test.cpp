#include "agent/handover/own_names.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace nbdroot::agent::handover;

namespace {

Place in_slot(const char* path) {
    return {.interface_name = "eth0", .mac = "52:54:00:12:34:56", .device_path = path};
}

bool knows(const Place& place, const char* name) {
    const auto names = possible_names(place);
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("the names that udev could give by place, port and MAC") {
    Place place = in_slot("../../devices/pci0000:00/0000:00:1c.0/0000:0a:10.1/virtio0/net/eth0");
    place.port_name = "p1";
    place.port_number = "1";
    place.onboard_index = "2";
    place.slots = {{.name = "7", .address = "0000:0a:10"},
                   {.name = "8", .address = "0000:00:1c"},
                   {.name = "9", .address = "0000:0b:10"},
                   {.name = "6", .address = ""}};
    CHECK(possible_names(place).front() == "eth0");
    for (const char* const name : {"enp10s16f1", "enp10s16f1np1", "enp10s16f1d1", "ens7f1np1",
                                   "ens8", "eno2", "eno2np1", "enx525400123456"}) {
        CAPTURE(name);
        CHECK(knows(place, name));
    }
    for (const char* const name : {"ens9", "ens6", "enp11s16f1", "enp0s28"}) {
        CAPTURE(name);
        CHECK_FALSE(knows(place, name));
    }
}

TEST_CASE("a PCI domain is part of the name, and a function is not always") {
    CHECK(knows(in_slot("../../devices/pci0001:00/0001:00:03.0/net/eth0"), "enP1p0s3"));
    CHECK(knows(in_slot("../../devices/pci0000:00/0000:00:03.0/net/eth0"), "enp0s3"));
}

TEST_CASE("an interface that is on no PCI bus has its own name and that of its MAC") {
    for (const char* const path :
         {"", "../../devices/virtual/net/eth0", "/0000:00/", "/0000:00:zz.0/", "/0000:00:03/",
          "/:::./", "/123456789:00:03.0/", "/0000:00:03.0.0/"}) {
        CAPTURE(path);
        CHECK(possible_names(in_slot(path)) == std::vector<std::string>{"eth0", "enx525400123456"});
    }
    CHECK(possible_names({.interface_name = "ib0"}) == std::vector<std::string>{"ib0"});
}

TEST_CASE("the only stanza for Ethernet is that of the only interface") {
    CHECK(sole_name({"lo", "eno1", "eno1"}, {"eth0"}) == "eno1");
    CHECK_FALSE(sole_name({"lo", "eno1", "eno2"}, {"eth0"}).has_value());
    CHECK_FALSE(sole_name({"lo", "eno1"}, {"eth0", "eth1"}).has_value());
    CHECK_FALSE(sole_name({"lo", "eno1"}, {}).has_value());
    CHECK_FALSE(sole_name({"lo", "br0", "eth0.7", "eth0:1"}, {"eth0"}).has_value());
}
