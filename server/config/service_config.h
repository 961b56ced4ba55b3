// What a machine may ask of its server over a service connection, about one export.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::config {

enum class ServiceCommand {
    status,         // image, clients, version
    image,          // its id and the root of its hashes
    hash,           // of blocks as that machine has them
    flush,          // what was written goes to the disk
    reset_overlay,  // empty at the machine's next boot
    promote_query,  // whether a newer image is there
    script          // a program of the operator's directory
};
[[nodiscard]] std::string_view name_of(ServiceCommand command);

struct ServiceConfig {
    // These tell nothing that a client could not find out by reading.
    std::set<ServiceCommand> commands{ServiceCommand::status, ServiceCommand::image,
                                      ServiceCommand::hash};
    std::string script_directory{};  // empty: there are none

    [[nodiscard]] bool allows(ServiceCommand command) const { return commands.contains(command); }
    bool operator==(const ServiceConfig&) const = default;
};

// "status, flush"; "none".
[[nodiscard]] Result<std::set<ServiceCommand>> parse_service_commands(std::string_view text);

}  // namespace nbdroot::server::config
