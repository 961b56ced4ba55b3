// All service connections of a server: who may have one, and how many there are.
//
// Belongs to a loop.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string_view>

#include "server/service/commands.h"
#include "server/service/connection.h"

namespace nbdroot::server::service {

class Service {
public:
    // Few operators ask at the same time, each for moments.
    static constexpr std::size_t kMost = 16;
    static constexpr std::size_t kMostOfOneAddress = 4;

    Service(const World& world, std::function<void()> on_ended);
    ~Service();

    // Whether a client at FROM may have a connection by NAME, a reserved one.
    [[nodiscard]] tl::expected<void, Unfit> admit(std::string_view name,
                                                  const export_::ExportTable::Address& from) const;
    // After its handshake. It may have ended on return.
    void take(Arrival arrival);

    [[nodiscard]] std::size_t size() const { return connections_.size(); }
    [[nodiscard]] std::size_t at(const config::HostAddress& address) const;
    // The server stops: what is asked now is not answered.
    void end_all();

private:
    void on_ended(const Connection& connection, const std::string& reason);

    World world_;
    std::function<void()> on_ended_;
    Commands commands_;
    std::list<std::shared_ptr<Connection>> connections_;
};

}  // namespace nbdroot::server::service
