// The doors of an export that any number of boots may write: one for each.
//
// Boots do not keep each other out, but a boot that reconnects sends its unanswered writes again:
// what its older connection still has to do must not land on them here either.
// Belongs to a loop; owned by the export.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "server/export/door.h"

namespace nbdroot::server::export_ {

class BootDoors {
public:
    using Make = std::function<std::shared_ptr<Door>()>;

    explicit BootDoors(Make make) : make_(std::move(make)) {}

    // The door of the boot TOKEN. Doors that nobody has come through, or waits at, are forgotten.
    [[nodiscard]] std::shared_ptr<Door> at(const std::string& token);
    [[nodiscard]] std::size_t size() const { return doors_.size(); }

private:
    Make make_;
    std::unordered_map<std::string, std::shared_ptr<Door>> doors_;
};

}  // namespace nbdroot::server::export_
