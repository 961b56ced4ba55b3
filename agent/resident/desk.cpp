#include "agent/resident/desk.h"

#include <utility>

#include "agent/resident/control.h"
#include "agent/resident/server_choice.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

constexpr const char* kDone = "{\"ok\":true}\n";

// VALUE is JSON.
std::string object(std::string_view name, std::string_view value) {
    return cat("{\"", name, "\":", value, "}\n");
}

std::string refusal(std::string_view reason) { return object("error", base::json_string(reason)); }

std::string meaningless(std::string_view reason) {
    return cat("{\"error\":", base::json_string(reason), ",\"meaningless\":true}\n");
}

}  // namespace

std::optional<std::string> Desk::answer(std::string_view line) {
    if (line.size() > Control::kLongestRequest) {
        return meaningless(cat("a request has at most ", Control::kLongestRequest, " characters"));
    }
    const auto request = parse_request(line);
    if (!request) return meaningless(request.error().reason);
    if (const auto* const ask = std::get_if<Ask>(&*request)) return show(ask->what);
    if (const auto* const info = std::get_if<SetInfo>(&*request)) return set(*info);
    if (const auto* const timeout = std::get_if<SetTimeout>(&*request)) return set(*timeout);
    if (const auto* const log = std::get_if<SetLog>(&*request)) return set(*log);
    if (const auto* const wish = std::get_if<ConnectAnew>(&*request)) return reconnect(*wish);
    if (const auto* const end = std::get_if<EndDevice>(&*request)) return end_device(*end);
    room_.feed(Reconnect::Ending{std::get_if<AnnounceEnd>(&*request)->how});
    return kDone;
}

std::string Desk::show(Ask::What what) const {
    switch (what) {
        case Ask::What::status:
            return room_.status();
        case Ask::What::info:
            return object("info", base::json_string(room_.notes.info()));
        case Ask::What::timeout:
            return object("timeout", cat(room_.watchdog.stall_seconds()));
        case Ask::What::log:
            return object("log", base::json_string(name_of(room_.journal.level())));
        case Ask::What::debug:
            break;
    }
    return room_.debug();
}

std::string Desk::set(const SetInfo& info) {
    room_.notes.set_info(info.text);
    return show(Ask::What::info);
}

std::string Desk::set(const SetTimeout& timeout) {
    room_.notes.set_timeout_seconds(timeout.seconds);
    room_.watchdog.set_stall_seconds(timeout.seconds);
    room_.journal.log().info(cat("attach: the timeout is now ", timeout.seconds, " s",
                                 timeout.seconds == 0 ? ", none" : ""));
    return show(Ask::What::timeout);
}

std::string Desk::set(const SetLog& log) {
    room_.notes.set_log_level(log.level);
    room_.journal.set_level(log.level);
    room_.journal.log().info(cat("attach: the log level is now ", name_of(log.level)));
    return show(Ask::What::log);
}

std::string Desk::reconnect(const ConnectAnew& wish) {
    const auto state = room_.state();
    if (state == Reconnect::State::leaving || state == Reconnect::State::over) {
        return refusal("the device is being disconnected");
    }
    std::optional<std::size_t> server;
    if (!wish.server.empty()) {
        const auto chosen = choose_server(room_.plan, wish.server);
        if (!chosen) return refusal(chosen.error().reason);
        server = *chosen;
        room_.notes.set_wish(server);
    }
    room_.feed(Reconnect::Asked{.why = "somebody asked for a new connection", .server = server});
    return kDone;
}

std::optional<std::size_t> Desk::wish() const {
    const auto server = room_.notes.wish();
    return server && *server < room_.plan.servers.size() ? server : std::nullopt;
}

std::optional<std::string> Desk::end_device(const EndDevice& end) const {
    if (!end.by_force) {
        room_.feed(Reconnect::Leave{});
        return std::nullopt;
    }
    room_.feed(Reconnect::Force{});
    return kDone;
}

}  // namespace nbdroot::agent::resident
