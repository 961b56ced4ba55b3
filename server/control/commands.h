// Does what operators ask for: a line in, a document out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/control/drains.h"
#include "server/control/request.h"
#include "server/control/world.h"

namespace nbdroot::server::control {

class Commands {
public:
    // Who asked: told once, unless they have gone.
    struct Asker {
        std::function<void(std::string document)> tell{};
        std::function<bool()> waits{};
    };

    // WORLD outlives this.
    explicit Commands(World& world) : world_(world), drains_(world) {}

    void on_line(std::string_view line, Asker asker);
    void on_client_gone() { drains_.on_client_gone(); }

private:
    void run(const Request& request, Asker asker);
    [[nodiscard]] std::string clients() const;
    [[nodiscard]] Result<std::string> hashes(const Request& request) const;
    void reload(Asker asker) const;
    void restart(Asker asker) const;
    void promote(const Request& request, const Asker& asker) const;
    [[nodiscard]] Result<void> drain(const Request& request, Asker asker);
    [[nodiscard]] Result<std::string> resume(const Request& request);
    [[nodiscard]] std::string overlays(const Request& request) const;
    [[nodiscard]] std::string base_path(const machines::MachineView& overlay) const;
    void change_overlay(const Request& request, const Asker& asker) const;
    [[nodiscard]] Result<std::string> disconnect(const std::string& client) const;
    // NAME of a request is an export that there is, or was; "" is the default one.
    [[nodiscard]] Result<std::string> find_export(const std::string& name) const;

    World& world_;
    Drains drains_;
};

}  // namespace nbdroot::server::control
