#include "server/control/commands.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file_names.h"
#include "server/control/documents.h"
#include "server/control/hash_document.h"
#include "server/control/overlay_document.h"
#include "server/control/statistics.h"

namespace nbdroot::server::control {
namespace {

using session::ClientView;
using session::Session;

Failure refuse(std::string_view reason) { return fail("control", "command", reason); }

std::string drained_document(const Request& request, const Drains::Outcome& outcome) {
    base::JsonWriter json;
    json.begin_object();
    if (request.export_name) json.member("export", *request.export_name);
    json.member("clients", outcome.clients);
    json.key("left");
    json.begin_array();
    for (const ClientView& client : outcome.left) {
        json.begin_object();
        json.member("id", client.id);
        json.member("peer", client.peer);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.text();
}

}  // namespace

void Commands::on_line(std::string_view line, Asker asker) {
    const auto request = parse_request(line);
    if (!request) return asker.tell(error_document(request.error().reason));
    run(*request, std::move(asker));
}

void Commands::run(const Request& request, Asker asker) {
    using Command = Request::Command;
    Result<std::string> document;
    switch (request.command) {
        case Command::clients:
            document = clients();
            break;
        case Command::exports:
            document = exports_document(gather(world_));
            break;
        case Command::stats:
            document = stats_document(gather(world_));
            break;
        case Command::reload:
            return reload(std::move(asker));
        case Command::restart:
            return restart(std::move(asker));
        case Command::drain: {
            const auto begun = drain(request, asker);
            if (begun) return;
            document = tl::unexpected(begun.error());
            break;
        }
        case Command::resume:
            document = resume(request);
            break;
        case Command::promote:
        case Command::rollback:
            return promote(request, asker);
        case Command::disconnect:
            document = disconnect(request.client);
            break;
        case Command::overlay_list:
            document = overlays(request);
            break;
        case Command::hash:
            document = hashes(request);
            break;
        case Command::overlay_reset:
        case Command::overlay_drop:
            return change_overlay(request, asker);
    }
    asker.tell(document ? std::move(*document) : error_document(document.error().reason));
}

Result<std::string> Commands::hashes(const Request& request) const {
    std::optional<std::string> name;
    if (request.export_name) name = NBDROOT_TRY(find_export(*request.export_name));
    return hash_document(gather(world_), name);
}

std::string Commands::clients() const {
    std::vector<ClientView> views;
    views.reserve(world_.clients.size());
    world_.clients.for_each([&](const Session& one) {
        views.push_back(one.view());
        views.back().on_former = is_former(world_.exports, views.back());
    });
    return clients_document(views,
                            {.now = world_.loop.now(), .calendar_us = sys::calendar_time_us()});
}

void Commands::reload(Asker asker) const {
    if (!world_.reload) {
        return asker.tell(error_document(
            "there is no file to read again: the server was told everything by its command line"));
    }
    world_.reload([asker = std::move(asker)](const ReloadOutcome& outcome) {
        asker.tell(reload_document(outcome));
    });
}

void Commands::restart(Asker asker) const {
    if (!world_.restart) return asker.tell(error_document("this server cannot be restarted"));
    world_.restart([this, asker = std::move(asker)](const RestartOutcome& outcome) {
        asker.tell(restart_document(outcome, world_.began_calendar_us));
    });
}

void Commands::promote(const Request& request, const Asker& asker) const {
    const auto name = find_export(*request.export_name);
    if (!name) return asker.tell(error_document(name.error().reason));
    promote::Order order{.export_name = *name};
    if (request.command == Request::Command::promote) order.new_path = request.image;
    world_.promote(order, [asker](const Result<promote::Promoted>& done) {
        asker.tell(done ? promoted_document(*done)
                        : error_document(cat(done.error().message(), "; nothing has changed")));
    });
}

Result<std::string> Commands::find_export(const std::string& name) const {
    if (const auto found = world_.exports.find(name)) return found->policy->export_name;
    const bool in_use = world_.tally.exports.contains(name);
    if (in_use) return name;
    return refuse(
        cat("there is no export '", base::printable(name), "'; the command exports lists them"));
}

Result<void> Commands::drain(const Request& request, Asker asker) {
    Drains::Order order{.timeout = request.timeout, .wanted = asker.waits};
    if (request.export_name) {
        order.export_name = NBDROOT_TRY(find_export(*request.export_name));
    }
    const std::string what = order.export_name
                                 ? cat("export '", base::printable(*order.export_name), '\'')
                                 : "the whole server";
    order.done = [request, asker = std::move(asker)](const Drains::Outcome& outcome) {
        asker.tell(drained_document(request, outcome));
    };
    NBDROOT_CHECK(drains_.begin(std::move(order)));
    world_.log.info(cat("control: ", what,
                        " drains; new clients are refused, the others are closed when they have "
                        "their answers, until it is resumed"));
    return {};
}

Result<std::string> Commands::resume(const Request& request) {
    if (!request.export_name) {
        world_.draining.end_all();
        world_.log.info("control: new clients are taken again");
        return std::string("{}");
    }
    const std::string name = NBDROOT_TRY(find_export(*request.export_name));
    if (world_.draining.all()) {
        return refuse("the whole server drains; resume it without naming an export");
    }
    if (!world_.draining.end(name)) {
        return refuse(cat("export '", base::printable(name), "' does not drain"));
    }
    world_.log.info(cat("control: export '", base::printable(name), "' takes clients again"));
    return std::string("{}");
}

std::string Commands::overlays(const Request& request) const {
    std::vector<machines::MachineView> views;
    if (world_.machines) views = world_.machines->views();
    if (request.export_name) {
        const std::string name = find_export(*request.export_name).value_or(*request.export_name);
        std::erase_if(views, [&](const auto& one) { return one.export_name != name; });
    }
    return overlays_document(views, [this](const auto& overlay) { return base_path(overlay); });
}

std::string Commands::base_path(const machines::MachineView& overlay) const {
    const auto* const entry = world_.exports.entry(overlay.export_name);
    const auto base = entry == nullptr ? nullptr : entry->with_image(overlay.image_id);
    if (!base) return "";
    const std::string path = base == entry->target ? base->image().path()
                             : world_.former_path  ? world_.former_path(*base)
                                                   : "";
    return path.empty() ? "" : sys::absolute_path(path);
}

void Commands::change_overlay(const Request& request, const Asker& asker) const {
    if (!world_.machines)
        return asker.tell(error_document("no export of this server has overlays"));
    const std::string name = find_export(*request.export_name).value_or(*request.export_name);
    const bool resets = request.command == Request::Command::overlay_reset;
    const auto tell = [asker, resets, &log = world_.log,
                       what = cat("control: overlay of machine '", base::printable(request.machine),
                                  "' of export '", base::printable(name),
                                  "' is ")](const Result<void>& done) {
        if (done) log.info(cat(what, resets ? "given up at its next boot" : "deleted"));
        asker.tell(done ? "{}" : error_document(done.error().reason));
    };
    if (resets) {
        world_.machines->reset(name, request.machine, tell);
    } else {
        world_.machines->drop(name, request.machine, tell);
    }
}

Result<std::string> Commands::disconnect(const std::string& client) const {
    std::vector<session::Clients::Id> found;
    const auto number = base::parse_decimal(client);
    world_.clients.for_each([&](const Session& one) {
        if (number ? one.id() == *number : one.peer() == client) found.push_back(one.id());
    });
    if (found.empty()) {
        return refuse(cat("there is no client '", base::printable(client),
                          "'; the command clients lists them"));
    }
    if (found.size() > 1) {
        return refuse(cat(found.size(), " clients are called '", base::printable(client),
                          "'; say the number of one"));
    }
    const auto session = world_.clients.find(found.front());
    base::JsonWriter json;
    json.begin_object();
    json.member("id", session->id());
    json.member("peer", session->peer());
    json.end_object();
    session->end("disconnected by the operator");
    return json.text();
}

}  // namespace nbdroot::server::control
