// The server's part for service connections: whom they count as, and what they are told of clients.
#include "server/server.h"

namespace nbdroot::server {
namespace {

// For hashes, which nobody waits for but an operator: on what the others leave of two processors.
constexpr unsigned kIdleWorkers = 2;

}  // namespace

Result<void> Server::set_up_service() {
    idle_pool_ = NBDROOT_TRY(
        storage::WorkerPool::start(loop_, kIdleWorkers, storage::WorkerPool::Urgency::idle));
    auto usage_of = [this](const service::Subject& subject) { return this->usage_of(subject); };
    auto on_ended = [this] {
        if (listeners_) listeners_->retry();
        mind_room();
    };
    surroundings_.service = std::make_unique<service::Service>(
        service::World{.loop = loop_,
                       .log = log_,
                       .exports = exports_,
                       .pool = *idle_pool_,
                       .usage = std::move(usage_of),
                       .machines = surroundings_.reception.machines,
                       .began = began_},
        std::move(on_ended));
    set_up_roots();
    return {};
}

void Server::set_up_roots() {
    roots_ = std::make_unique<merkle::Roots>(merkle::Roots::World{
        .loop = loop_, .pool = *pool_, .idle_pool = *idle_pool_, .log = log_, .exports = exports_});
    surroundings_.image_root = [this](const export_::Export& target) {
        return roots_->root_of(target.image());
    };
}

service::Usage Server::usage_of(const service::Subject& subject) const {
    service::Usage usage;
    clients_.for_each([&](const session::Session& session) {
        const auto view = session.view();
        if (view.export_name != subject.export_name()) return;
        ++usage.clients;
        if (!view.boot_token.empty() && subject.boot_token.starts_with(view.boot_token)) {
            usage.connected = loop_.now() - view.since;
        }
    });
    return usage;
}

std::size_t Server::connections() const {
    return clients_.size() + (surroundings_.service ? surroundings_.service->size() : 0);
}

}  // namespace nbdroot::server
