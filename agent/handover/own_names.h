// What the running system may call the interface of the root, beside the name it has now: its udev
// gives names by place (systemd.net-naming-scheme(7)), and since Linux 6.2 also to an interface
// that is up. Pure, but for read_place().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::handover {

struct HotplugSlot {
    std::string name;     // "3"
    std::string address;  // "0000:00:03"
};

struct Place {
    std::string interface_name;
    std::string mac{};            // "52:54:00:12:34:56"; empty: none
    std::string device_path{};    // "../../devices/pci0000:00/0000:00:03.0/virtio0/net/eth0"
    std::string onboard_index{};  // by ACPI or SMBIOS; empty: none
    std::string port_name{};      // of several on one device; empty: none
    std::string port_number{};    // the same; "0": none
    std::vector<HotplugSlot> slots{};
};

// What sysfs says of the interface NAME.
[[nodiscard]] Place read_place(const std::string& name, const std::string& mac);

// Its name by now, and those by its place on the PCI bus and by its MAC; maybe more than udev could
// choose from.
[[nodiscard]] std::vector<std::string> possible_names(const Place& place);

// STANZAS: the names that a configuration knows. PRESENT: interfaces of this machine that are
// hardware. Where there is one only, and the configuration knows of one only, they are the same,
// whatever gave it the name.
[[nodiscard]] std::optional<std::string> sole_name(const std::vector<std::string>& stanzas,
                                                   const std::vector<std::string>& present);

}  // namespace nbdroot::agent::handover
