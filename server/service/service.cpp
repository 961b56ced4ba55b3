#include "server/service/service.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/service/service_name.h"

namespace nbdroot::server::service {

using admission::Refusal;

Service::Service(const World& world, std::function<void()> on_ended)
    : world_(world), on_ended_(std::move(on_ended)), commands_(world) {}

Service::~Service() = default;

tl::expected<void, Unfit> Service::admit(std::string_view name,
                                         const export_::ExportTable::Address& from) const {
    const auto subject = protocol::service::subject_of(name);
    if (!subject) {
        return tl::unexpected(
            Unfit{.why = Refusal::unknown_export,
                  .text = cat("'", base::printable(name), "': this server speaks version ",
                              protocol::service::kVersion, " of service connections")});
    }
    auto found = find_subject(world_.exports, world_.machines.get(), *subject, from);
    if (!found) return tl::unexpected(std::move(found.error()));
    if (size() >= kMost || (from && at(*from) >= kMostOfOneAddress)) {
        return tl::unexpected(
            Unfit{.why = Refusal::limit,
                  .text = cat("all the ", kMost, " service connections, ", kMostOfOneAddress,
                              " for one address, are in use", protocol::service::kTryAgain)});
    }
    return {};
}

void Service::take(Arrival arrival) {
    const std::string peer = arrival.peer;
    if (size() >= kMost) {
        return world_.log.info(cat("client ", peer, ": too many service connections, closed"));
    }
    const auto connection = std::make_shared<Connection>(
        world_.loop, std::move(arrival),
        [this](const Asker& asker, const std::string& request, const Answer& answer) {
            commands_.run(asker, request, answer);
        },
        [this](const Connection& ended, const std::string& reason) { on_ended(ended, reason); });
    connections_.push_back(connection);
    const auto started = connection->start();
    if (started) return;
    world_.log.info(cat("client ", peer, ": ", started.error().message(), ", closed"));
    connections_.remove(connection);
}

std::size_t Service::at(const config::HostAddress& address) const {
    return static_cast<std::size_t>(std::count_if(
        connections_.begin(), connections_.end(),
        [&](const auto& connection) { return connection->asker().address == address; }));
}

void Service::end_all() {
    connections_.clear();
    commands_.forget_the_gone();
}

void Service::on_ended(const Connection& connection, const std::string& reason) {
    world_.log.debug(cat("client ", connection.asker().peer, ": service connection: ", reason));
    connections_.remove_if([&](const auto& one) { return one.get() == &connection; });
    commands_.forget_the_gone();
    on_ended_();
}

}  // namespace nbdroot::server::service
