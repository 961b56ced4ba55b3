#include "server/ctl/answers.h"

#include <algorithm>

#include "lib/base/text.h"
#include "server/ctl/root_report.h"
#include "server/ctl/table.h"

namespace nbdroot::server::ctl {
namespace {

using control::Request;
using Align = Table::Align;

// Clients that are named where a drain left them behind; the table of clients has them all.
constexpr std::size_t kMostNamed = 8;

std::string count(const JsonValue& value) { return cat(value.number()); }

std::string size(const JsonValue& value) {
    return base::human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(value.number(), 0)));
}

std::string limit(const JsonValue& value) { return value.number() == 0 ? "" : count(value); }

std::string of(const JsonValue& clients, const JsonValue& maximum) {
    return maximum.number() == 0 ? count(clients) : cat(clients.number(), " of ", maximum.number());
}

// Enough to tell the images of one export apart.
constexpr std::size_t kShownId = 12;

std::string short_image(const JsonValue& client) {
    const std::string id = client["image_id"].text().substr(0, kShownId);
    return client["former_image"].truth() ? cat(id, " (former)") : id;
}

std::string describe_clients(const JsonValue& answer) {
    Table table({{"ID", Align::right},
                 {"CLIENT"},
                 {"EXPORT"},
                 {"IMAGE"},
                 {"BOOT"},
                 {"STATE"},
                 {"MODE"},
                 {"AGE", Align::right},
                 {"IDLE", Align::right},
                 {"READ", Align::right},
                 {"WRITTEN", Align::right},
                 {"REQUESTS", Align::right},
                 {"RUNNING", Align::right}});
    for (const JsonValue& client : answer["clients"].items()) {
        const bool has_export = !client["export"].text().empty();
        table.add({count(client["id"]), client["peer"].text(), client["export"].text(),
                   short_image(client), client["boot"].text(), client["state"].text(),
                   !has_export                  ? ""
                   : client["writable"].truth() ? "rw"
                                                : "ro",
                   human_age(client["age_ms"].number()), human_age(client["idle_ms"].number()),
                   size(client["read_bytes"]), size(client["written_bytes"]),
                   count(client["requests"]), count(client["in_flight"])});
    }
    return table.text();
}

std::string notes_of(const JsonValue& item) {
    std::string notes;
    const auto add = [&notes](std::string_view note) {
        notes += cat(notes.empty() ? "" : ", ", note);
    };
    if (item["default"].truth()) add("default");
    if (item["per_address"].truth()) add("an image for each address");
    if (item["allow_list"].truth()) add("allow list");
    if (item["draining"].truth()) add("draining");
    if (item["removed"].truth()) add("removed, still in use");
    const auto& former = item["former_images"].items();
    for (const JsonValue& one : former) {
        add(cat("former ", one["image_id"].text().substr(0, kShownId), " of ",
                one["clients"].number()));
    }
    const std::int64_t older = item["clients_of_older_image"].number();
    if (older > 0 && former.empty()) add(cat(older, " on an older image"));
    const std::int64_t faults = item["faults"].number();
    if (faults > 0) add(cat(faults, " disk errors"));
    return notes;
}

std::string describe_exports(const JsonValue& answer) {
    Table table({{"EXPORT"},
                 {"SIZE", Align::right},
                 {"ACCESS"},
                 {"CLIENTS", Align::right},
                 {"PER ADDRESS", Align::right},
                 {"READ", Align::right},
                 {"WRITTEN", Align::right},
                 {"IMAGE"},
                 {"ROOT"},
                 {"PATH"},
                 {"NOTES"}});
    for (const JsonValue& item : answer["exports"].items()) {
        const bool has_size = !item["image_id"].text().empty();
        table.add({item["name"].text(), has_size ? size(item["size_bytes"]) : "",
                   item["access"].text(), of(item["clients"], item["max_connections"]),
                   limit(item["address_max_connections"]), size(item["read_bytes"]),
                   size(item["written_bytes"]), item["image_id"].text(),
                   short_root(item["merkle_root"].text()), item["path"].text(), notes_of(item)});
    }
    return table.text();
}

// "read 5, write 7": those that are not 0.
std::string counters(const JsonValue& object) {
    std::string text;
    for (std::size_t i = 0; i < object.items().size(); ++i) {
        if (object.items()[i].number() == 0) continue;
        text += cat(text.empty() ? "" : ", ", object.names()[i], ' ', object.items()[i].number());
    }
    return text.empty() ? "none" : base::printable(text, text.size());
}

std::string line(std::string_view name, std::string_view text) {
    constexpr std::size_t kNameWidth = 13;
    return cat(name, std::string(kNameWidth - name.size(), ' '), text, '\n');
}

std::string describe_stats(const JsonValue& answer) {
    const JsonValue& connections = answer["connections"];
    const JsonValue& handshakes = answer["handshakes"];
    const bool drains = answer["draining"].truth();
    return line("version", base::printable(answer["version"].text())) +
           line("up", cat(human_age(answer["uptime_ms"].number()), ", since ",
                          base::printable(answer["since"].text()))) +
           (drains ? line("state", "draining: no new clients until resume") : "") +
           line("connections",
                cat(connections["live"].number(), " now (", connections["in_handshake"].number(),
                    " in the handshake), ", connections["total"].number(), " in all")) +
           line("waits", cat(connections["accept_pauses"].number(),
                             " times new clients had to wait for the server")) +
           line("handshakes", cat(handshakes["failed"].number(), " failed, ",
                                  handshakes["timed_out"].number(), " timed out")) +
           line("refused", counters(answer["refused"])) +
           line("requests", counters(answer["requests_by_kind"])) +
           line("errors", cat(answer["error_replies"].number(), " requests answered by an error")) +
           line("read", size(answer["read_bytes"])) +
           line("written", size(answer["written_bytes"]));
}

std::string describe_reload(const JsonValue& answer) {
    std::string text;
    for (const char* const kind : {"changes", "warnings"}) {
        for (const JsonValue& one : answer[kind].items()) {
            text += base::printable(one.text(), one.text().size()) + '\n';
        }
    }
    return text.empty() ? "nothing has changed\n" : text;
}

std::string state_of(const JsonValue& overlay) {
    const std::string& peer = overlay["peer"].text();
    const std::string since = human_age(overlay["idle_ms"].number());
    if (overlay["connected"].truth()) return cat("connected ", peer);
    return peer.empty() ? cat("idle ", since, " or longer") : cat("idle ", since, ", was ", peer);
}

std::string describe_overlays(const JsonValue& answer) {
    Table table({{"EXPORT"},
                 {"MACHINE"},
                 {"KIND"},
                 {"IMAGE"},
                 {"USED", Align::right},
                 {"QUOTA", Align::right},
                 {"STATE"},
                 {"BOOT"},
                 {"NOTES"}});
    for (const JsonValue& overlay : answer["overlays"].items()) {
        const std::string& path = overlay["path"].text();
        const std::string& machine = overlay["machine"].text();
        const std::string id = overlay["image_id"].text().substr(0, kShownId);
        const bool has_quota = overlay["quota_bytes"].number() > 0;
        // One without a name is asked for by its file.
        const std::string known_as = machine.empty() ? path.substr(path.rfind('/') + 1) : machine;
        table.add({overlay["export"].text(), known_as, overlay["kind"].text(),
                   overlay["former"].truth() ? id + " (former)" : id, size(overlay["used_bytes"]),
                   has_quota ? size(overlay["quota_bytes"]) : "", state_of(overlay),
                   overlay["boot"].text(),
                   overlay["reset_pending"].truth() ? "reset at its next boot" : ""});
    }
    return table.text();
}

std::string name_of_overlay(const Request& request) {
    return cat("overlay of machine '", base::printable(request.machine), "' of export '",
               base::printable(request.export_name.value_or("")), '\'');
}

std::string describe_promoted(const JsonValue& answer) {
    const auto text = [&](const char* name) {
        return base::printable(answer[name].text(), answer[name].text().size());
    };
    const std::string warning = text("warning");
    return cat("export '", text("export"), "': new boots get image ", text("image_id"), ", ",
               text("path"), "\nboots that began on image ", text("former_id"),
               " stay on it; it is kept as ", text("former_path"), '\n',
               warning.empty() ? "" : cat("warning: ", warning, '\n'));
}

std::string name_of(const Request& request) {
    return request.export_name ? cat("export '", base::printable(*request.export_name), '\'')
                               : "the whole server";
}

std::string gone(std::int64_t clients) {
    return clients == 1 ? "1 client is gone" : cat(clients, " clients are gone");
}

std::string resume_words(const Request& request) {
    return request.export_name ? cat("resume '", base::printable(*request.export_name), '\'')
                               : "resume";
}

}  // namespace

std::string human_age(std::int64_t ms) {
    ms = std::max<std::int64_t>(ms, 0);
    const std::int64_t seconds = ms / 1000;
    const std::int64_t minutes = seconds / 60;
    const std::int64_t hours = minutes / 60;
    if (seconds < 10) return cat(seconds, '.', ms % 1000 / 100, " s");
    if (minutes < 2) return cat(seconds, " s");
    if (hours < 1) return cat(minutes, " min");
    if (hours < 24) return cat(hours, " h ", minutes % 60, " min");
    return cat(hours / 24, " d ", hours % 24, " h");
}

std::string describe(const Request& request, const JsonValue& answer) {
    using Command = Request::Command;
    switch (request.command) {
        case Command::clients:
            return describe_clients(answer);
        case Command::exports:
            return describe_exports(answer);
        case Command::stats:
            return describe_stats(answer);
        case Command::reload:
            return describe_reload(answer);
        case Command::restart:
            return cat(base::printable(answer["program"].text(), answer["program"].text().size()),
                       " takes over as soon as the clients have their answers\n");
        case Command::drain:
            return cat(name_of(request), " drains: ", gone(answer["clients"].number()),
                       ", new ones are refused until ", resume_words(request), '\n');
        case Command::resume:
            return cat(name_of(request), " takes clients again\n");
        case Command::promote:
        case Command::rollback:
            return describe_promoted(answer);
        case Command::disconnect:
            return cat("client ", answer["id"].number(), " (",
                       base::printable(answer["peer"].text()),
                       ") is disconnected; its machine will come back, unless its export drains "
                       "or does not allow it\n");
        case Command::hash:
            return describe_roots(answer);
        case Command::overlay_list:
            return describe_overlays(answer);
        case Command::overlay_reset:
            return cat(name_of_overlay(request),
                       ": given up at its next boot, which begins with an empty one\n");
        case Command::overlay_drop:
            return cat(name_of_overlay(request), ": deleted\n");
    }
    return "";
}

std::string complaint(const Request& request, const JsonValue& answer) {
    const std::string& error = answer["error"].text();
    if (!error.empty()) {
        std::string text = base::printable(error, error.size());
        for (const JsonValue& one : answer["complaints"].items()) {
            text += '\n' + base::printable(one.text(), one.text().size());
        }
        return text;
    }
    const auto& left = answer["left"].items();
    if (request.command != Request::Command::drain || left.empty()) return "";
    std::string text = cat(left.size(), " of ", answer["clients"].number(), " clients of ",
                           name_of(request), " have not taken their answers within ",
                           request.timeout / std::chrono::seconds(1), " s: ");
    for (std::size_t i = 0; i < left.size() && i < kMostNamed; ++i) {
        text += cat(i > 0 ? ", " : "", left[i]["id"].number(), " (",
                    base::printable(left[i]["peer"].text()), ')');
    }
    if (left.size() > kMostNamed) text += ", …";
    return text + "; it goes on draining, and disconnect CLIENT closes one";
}

std::string describe_successor(const JsonValue& answer) {
    return cat("nbd-rootserver ", base::printable(answer["version"].text()), " has taken over\n");
}

std::string successor_complaint(const JsonValue& predecessor, const JsonValue& answer) {
    if (predecessor["began_us"].number() != answer["began_us"].number()) return "";
    return "the program could not take over, the server goes on as it was; its log says why";
}

}  // namespace nbdroot::server::ctl
