// What is known of the machine apart from its network.
#pragma once

#include <string>

namespace nbdroot::agent {

// Empty: not known.
struct Hardware {
    std::string system_uuid;
    std::string serial;
};

// The first line of a small file (/sys, /proc); empty where there is none.
[[nodiscard]] std::string first_line(const std::string& path);

// Of SMBIOS, or of the device tree where that describes the machine.
[[nodiscard]] Hardware read_hardware();

}  // namespace nbdroot::agent
