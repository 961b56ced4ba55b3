#include "server/control/request.h"

#include <algorithm>
#include <array>

#include "lib/base/json.h"
#include "lib/base/json_value.h"
#include "lib/base/text.h"

namespace nbdroot::server::control {
namespace {

using Command = Request::Command;

struct Form {
    std::string_view name;
    Command command;
    // Members that it may have beside its name.
    std::array<std::string_view, 2> members{};
};
constexpr std::array<Form, 14> kForms{
    {{"clients", Command::clients},
     {"exports", Command::exports},
     {"stats", Command::stats},
     {"reload", Command::reload},
     {"restart", Command::restart},
     {"drain", Command::drain, {"export", "timeout_s"}},
     {"resume", Command::resume, {"export"}},
     {"disconnect", Command::disconnect, {"client"}},
     {"overlay-list", Command::overlay_list, {"export"}},
     {"overlay-reset", Command::overlay_reset, {"export", "machine"}},
     {"overlay-drop", Command::overlay_drop, {"export", "machine"}},
     {"promote", Command::promote, {"export", "image"}},
     {"rollback", Command::rollback, {"export"}},
     {"hash", Command::hash, {"export"}}}};

Failure refuse(std::string_view reason) { return fail("control", "request", reason); }

std::string names_of_commands() {
    std::string names;
    for (const Form& form : kForms) names += cat(names.empty() ? "" : ", ", form.name);
    return names;
}

Result<const Form*> find_form(const JsonValue& request) {
    if (request.kind() != JsonValue::Kind::object) return refuse("no JSON object");
    const JsonValue& name = request["command"];
    if (name.kind() != JsonValue::Kind::string) return refuse("has no member \"command\"");
    for (const Form& form : kForms) {
        if (form.name == name.text()) return &form;
    }
    return refuse(cat("unknown command '", base::printable(name.text()), "'; there are ",
                      names_of_commands()));
}

// A name that is not understood may be the one that limits what is done.
Result<void> refuse_unknown(const JsonValue& request, const Form& form) {
    const auto& names = request.names();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string& name = names[i];
        const bool known = name == "command" || (!name.empty() && name == form.members[0]) ||
                           (!name.empty() && name == form.members[1]);
        if (!known) {
            return refuse(cat(form.name, " has no member \"", base::printable(name), '"'));
        }
        if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), name) !=
            names.begin() + static_cast<std::ptrdiff_t>(i)) {
            return refuse(cat("\"", base::printable(name), "\" stands twice"));
        }
    }
    return {};
}

Result<std::optional<std::string>> text_member(const JsonValue& request, std::string_view name) {
    const JsonValue& value = request[name];
    if (value.is_null()) return std::nullopt;
    if (value.kind() != JsonValue::Kind::string) return refuse(cat('"', name, "\" is no text"));
    if (!base::is_utf8(value.text())) return refuse(cat('"', name, "\" is not UTF-8"));
    return value.text();
}

Result<Duration> wait_member(const JsonValue& request) {
    const JsonValue& value = request["timeout_s"];
    if (value.is_null()) return Duration(kDefaultWait);
    if (value.kind() != JsonValue::Kind::number || value.number() < 0 ||
        value.number() > kMaximumWait.count()) {
        return refuse(cat("\"timeout_s\" is no number from 0 to ", kMaximumWait.count()));
    }
    return std::chrono::seconds(value.number());
}

}  // namespace

Result<Request> parse_request(std::string_view line) {
    const auto json = base::parse_json(line);
    if (!json) return refuse(cat("no JSON: ", json.error().reason));
    const Form& form = *NBDROOT_TRY(find_form(*json));
    NBDROOT_CHECK(refuse_unknown(*json, form));
    Request request{.command = form.command};
    request.export_name = NBDROOT_TRY(text_member(*json, "export"));
    request.client = NBDROOT_TRY(text_member(*json, "client")).value_or("");
    request.machine = NBDROOT_TRY(text_member(*json, "machine")).value_or("");
    request.image = NBDROOT_TRY(text_member(*json, "image")).value_or("");
    request.timeout = NBDROOT_TRY(wait_member(*json));
    if (request.command == Command::disconnect && request.client.empty()) {
        return refuse("disconnect needs a \"client\": its number, or ADDRESS:PORT");
    }
    const bool is_of_machine =
        request.command == Command::overlay_reset || request.command == Command::overlay_drop;
    if (is_of_machine && (!request.export_name || request.machine.empty())) {
        return refuse(cat(form.name, R"( needs an "export" and a "machine")"));
    }
    const bool promotes =
        request.command == Command::promote || request.command == Command::rollback;
    if (promotes && !request.export_name) return refuse(cat(form.name, " needs an \"export\""));
    // The server has another working directory than whoever asks.
    if (request.command == Command::promote && !request.image.starts_with('/')) {
        return refuse("promote needs an \"image\": its absolute path");
    }
    return request;
}

std::string to_json(const Request& request) {
    base::JsonWriter json;
    json.begin_object();
    for (const Form& form : kForms) {
        if (form.command == request.command) json.member("command", form.name);
    }
    if (request.export_name) json.member("export", *request.export_name);
    if (!request.machine.empty()) json.member("machine", request.machine);
    if (!request.image.empty()) json.member("image", request.image);
    if (!request.client.empty()) json.member("client", request.client);
    if (request.command == Command::drain) {
        json.member("timeout_s", request.timeout / std::chrono::seconds(1));
    }
    json.end_object();
    return json.text();
}

}  // namespace nbdroot::server::control
