// Every client of the server, from accept until its session has ended.
//
// Belongs to a loop. Numbers count up and are never used twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/session/session.h"

namespace nbdroot::server::session {

class Clients {
public:
    using Id = Session::Id;

    explicit Clients(Surroundings& surroundings) : surroundings_(surroundings) {}

    // Begins a session. It may have ended, and be gone, on return.
    void begin(sys::Accepted accepted);
    // The owner of the surroundings calls it from Surroundings::ended.
    void remove(const Session& session);

    [[nodiscard]] std::size_t size() const { return sessions_.size(); }
    [[nodiscard]] bool empty() const { return sessions_.empty(); }
    // Connections from ADDRESS, those in the handshake too.
    [[nodiscard]] std::size_t at(const config::HostAddress& address) const;
    [[nodiscard]] std::shared_ptr<Session> find(Id id) const;

    // Who uses the image of TARGET, under whatever name, or an overlay on it, or waits for it:
    // their addresses, for messages.
    [[nodiscard]] std::vector<std::string> users_of(const export_::Export& target) const;

    // In the order in which they came. VISIT may look, and end nobody.
    void for_each(const std::function<void(const Session&)>& visit) const;
    // The same; here sessions may end.
    void change_each(const std::function<void(Session&)>& change) const;

private:
    Surroundings& surroundings_;
    Id next_id_ = 1;
    std::map<Id, std::shared_ptr<Session>> sessions_;
    std::map<config::HostAddress, std::size_t> addresses_;
};

}  // namespace nbdroot::server::session
