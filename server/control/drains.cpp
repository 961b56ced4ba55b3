#include "server/control/drains.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::control {
namespace {

using session::ClientView;

bool concerns(const std::optional<std::string>& export_name, const ClientView& client) {
    // Who has not chosen an export yet is refused when it does.
    if (client.export_name.empty()) return false;
    return !export_name || *export_name == client.export_name;
}

}  // namespace

std::vector<ClientView> Drains::left(const Order& order) const {
    std::vector<ClientView> views;
    world_.clients.for_each([&](const session::Session& one) {
        ClientView view = one.view();
        if (concerns(order.export_name, view)) views.push_back(std::move(view));
    });
    return views;
}

Result<void> Drains::begin(Order order) {
    waiters_.remove_if([](const auto& waiter) { return !waiter->order.wanted(); });
    if (waiters_.size() >= kMostWaiting) {
        return fail("drain", "", cat(waiters_.size(), " others wait for the end of a drain"));
    }
    if (order.export_name) {
        world_.draining.begin(*order.export_name);
    } else {
        world_.draining.begin_all();
    }
    auto waiter = std::make_unique<Waiter>();
    waiter->clients = left(order).size();
    waiter->deadline = world_.loop.timer([this, one = waiter.get()] {
        one->over = true;
        look();
    });
    waiter->deadline->arm(world_.loop.now() + order.timeout);
    const auto wanted = order.export_name;
    waiter->order = std::move(order);
    waiters_.push_back(std::move(waiter));
    world_.clients.change_each([&](session::Session& one) {
        if (concerns(wanted, one.view())) one.drain("drained by the operator");
    });
    look();
    return {};
}

void Drains::on_client_gone() {
    if (waiters_.empty()) return;
    // Once for all that go in this turn of the loop.
    if (!look_) look_ = world_.loop.timer([this] { look(); });
    look_->arm(world_.loop.now());
}

void Drains::look() {
    std::list<std::unique_ptr<Waiter>> done;
    for (auto place = waiters_.begin(); place != waiters_.end();) {
        const auto next = std::next(place);
        if ((*place)->over || left((*place)->order).empty()) {
            done.splice(done.end(), waiters_, place);
        }
        place = next;
    }
    for (const auto& waiter : done) {
        waiter->order.done({.clients = waiter->clients, .left = left(waiter->order)});
    }
}

}  // namespace nbdroot::server::control
