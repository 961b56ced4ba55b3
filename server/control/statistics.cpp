#include "server/control/statistics.h"

#include <algorithm>
#include <map>

namespace nbdroot::server::control {
namespace {

using session::ClientView;

merkle::RootView root_of(const export_::Export& target, const World& world) {
    return world.root_of ? world.root_of(target) : merkle::RootView();
}

ExportView view_of(const export_::ExportTable::Entry& entry, const World& world) {
    const admission::Policy& policy = *entry.policy;
    ExportView view{.name = entry.name,
                    .is_pattern = policy.pattern.has_value(),
                    .has_allow_list = policy.allow.has_value(),
                    .is_draining = world.draining.covers(entry.name),
                    .maximum_connections = policy.maximum_connections,
                    .maximum_connections_per_address = policy.maximum_connections_per_address};
    if (policy.pattern) {
        view.path = policy.pattern->path;
        view.is_writable = !policy.pattern->read_only;
        view.is_shared = policy.pattern->shared;
        view.root.reason = "each client has an image of its own";
    }
    if (const auto& target = entry.target) {
        view.path = target->image().path();
        view.size_bytes = target->image().size_bytes();
        view.image_id = target->image_id();
        view.faults = target->faults();
        for (const auto& one : entry.former) {
            view.former.push_back({.image_id = one->image_id(),
                                   .path = world.former_path ? world.former_path(*one) : "",
                                   .size_bytes = one->image().size_bytes(),
                                   .root = root_of(*one, world)});
        }
        view.root = root_of(*target, world);
        view.is_writable = target->is_writable();
        view.is_shared = target->is_writable() && !target->one_writer();
    }
    return view;
}

class Gatherer {
public:
    explicit Gatherer(const World& world) : world_(world) {
        for (const auto& entry : world.exports.entries()) place(view_of(entry, world));
        if (const auto found = world.exports.find(""))
            at(found->policy->export_name).is_default = true;
        for (const auto& [name, tally] : world.tally.exports) {
            if (!places_.contains(name)) continue;
            at(name).admitted = tally.admitted;
            at(name).traffic = tally.ended;
        }
    }

    void add(const ClientView& client) {
        ++all_.live;
        if (client.state == ClientView::State::handshake) ++all_.live_in_handshake;
        if (client.export_name.empty()) return;
        ExportView& view = at(client.export_name);
        view.traffic += client.traffic;
        ++view.clients;
        const bool older = !view.image_id.empty() && view.image_id != client.image_id;
        if (older) ++view.clients_of_older_image;
        for (FormerView& one : view.former) {
            if (one.image_id == client.image_id) ++one.clients;
        }
    }

    Statistics finish() {
        all_.uptime = world_.loop.now() - world_.began;
        all_.began_calendar_us = world_.began_calendar_us;
        all_.tally = world_.tally;
        if (world_.accept_pauses) all_.accept_pauses = world_.accept_pauses();
        all_.is_draining = world_.draining.all();
        for (const ExportView& view : all_.exports) all_.traffic += view.traffic;
        for (const auto& [name, tally] : world_.tally.exports) {
            if (!places_.contains(name)) all_.traffic += tally.ended;
        }
        return std::move(all_);
    }

private:
    void place(ExportView view) {
        places_.emplace(view.name, all_.exports.size());
        all_.exports.push_back(std::move(view));
    }

    // One that is not configured any more appears as long as somebody uses it.
    ExportView& at(const std::string& name) {
        if (!places_.contains(name)) {
            ExportView removed{.name = name, .is_removed = true};
            const auto known = world_.tally.exports.find(name);
            if (known != world_.tally.exports.end()) {
                removed.admitted = known->second.admitted;
                removed.traffic = known->second.ended;
            }
            place(std::move(removed));
        }
        return all_.exports[places_.at(name)];
    }

    const World& world_;
    Statistics all_;
    std::map<std::string, std::size_t> places_;
};

}  // namespace

bool is_former(const export_::ExportTable& exports, const ClientView& client) {
    for (const auto& entry : exports.entries()) {
        if (entry.name != client.export_name || !entry.target || client.image_id.empty()) continue;
        return entry.target->image_id() != client.image_id;
    }
    return false;
}

Statistics gather(const World& world) {
    Gatherer gatherer(world);
    world.clients.for_each([&](const session::Session& one) { gatherer.add(one.view()); });
    return gatherer.finish();
}

}  // namespace nbdroot::server::control
