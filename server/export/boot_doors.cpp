#include "server/export/boot_doors.h"

namespace nbdroot::server::export_ {

std::shared_ptr<Door> BootDoors::at(const std::string& token) {
    std::erase_if(doors_, [](const auto& entry) { return entry.second->is_deserted(); });
    std::shared_ptr<Door>& door = doors_[token];
    if (!door) door = make_();
    return door;
}

}  // namespace nbdroot::server::export_
