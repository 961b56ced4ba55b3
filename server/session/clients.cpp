#include "server/session/clients.h"

#include <utility>

namespace nbdroot::server::session {

void Clients::begin(sys::Accepted accepted) {
    const Id id = next_id_++;
    auto session = std::make_shared<Session>(surroundings_, std::move(accepted), id);
    sessions_.emplace(id, session);
    if (session->address()) ++addresses_[*session->address()];
    const auto started = session->start();
    if (!started) session->end(started.error().message());
}

void Clients::remove(const Session& session) {
    const auto& address = session.address();
    if (sessions_.erase(session.id()) == 0 || !address) return;
    const auto place = addresses_.find(*address);
    if (--place->second == 0) addresses_.erase(place);
}

std::size_t Clients::at(const config::HostAddress& address) const {
    const auto place = addresses_.find(address);
    return place == addresses_.end() ? 0 : place->second;
}

std::shared_ptr<Session> Clients::find(Id id) const {
    const auto place = sessions_.find(id);
    return place == sessions_.end() ? nullptr : place->second;
}

std::vector<std::string> Clients::users_of(const export_::Export& target) const {
    std::vector<std::string> users;
    for_each([&](const Session& session) {
        const auto* const used = session.target();
        if (used == nullptr) return;
        // It may be open more than once: for two exports, or as former image and again as present.
        if (!used->image().opened_as().same_file(target.image().opened_as())) return;
        users.push_back(session.peer());
    });
    return users;
}

void Clients::for_each(const std::function<void(const Session&)>& visit) const {
    for (const auto& [id, session] : sessions_) visit(*session);
}

void Clients::change_each(const std::function<void(Session&)>& change) const {
    const auto sessions = sessions_;  // a session that ends leaves the map meanwhile
    for (const auto& [id, session] : sessions) change(*session);
}

}  // namespace nbdroot::server::session
