// The operator's way into the running server: the desk, and what is done for whoever comes to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/sys/fd.h"
#include "server/control/commands.h"
#include "server/control/desk.h"
#include "server/control/world.h"

namespace nbdroot::server::control {

class Control {
public:
    // Listens on PATH; empty: kDefaultSocket, whose directory is made where that is possible.
    // INHERITED may have a socket that listens there already.
    using Inherited = std::function<std::optional<sys::Fd>(const std::string& path)>;
    static Result<std::unique_ptr<Control>> open(World world, const std::string& path,
                                                 const Inherited& inherited = {});
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    // A session has ended; it is not in the registry any more.
    void on_client_gone() { commands_.on_client_gone(); }

    // The socket, for this process's next program.
    [[nodiscard]] int descriptor() const { return desk_->descriptor(); }
    // New askers wait until release().
    void hold() { desk_->hold(); }
    void release() { desk_->release(); }

private:
    explicit Control(World world) : world_(std::move(world)), commands_(world_) {}

    World world_;
    Commands commands_;
    std::unique_ptr<Desk> desk_;
};

}  // namespace nbdroot::server::control
