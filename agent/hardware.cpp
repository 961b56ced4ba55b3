#include "agent/hardware.h"

#include <string_view>

#include "lib/sys/file.h"

namespace nbdroot::agent {

std::string first_line(const std::string& path) {
    const auto text = sys::read_text_file(path);
    return text ? text->substr(0, text->find_first_of(std::string_view("\n\0", 2))) : std::string();
}

Hardware read_hardware() {
    Hardware hardware{.system_uuid = first_line("/sys/class/dmi/id/product_uuid"),
                      .serial = first_line("/sys/class/dmi/id/product_serial")};
    if (hardware.serial.empty()) {
        hardware.serial = first_line("/sys/firmware/devicetree/base/serial-number");
    }
    return hardware;
}

}  // namespace nbdroot::agent
