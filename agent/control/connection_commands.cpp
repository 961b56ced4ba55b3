#include "agent/control/connection_commands.h"

#include <algorithm>
#include <optional>

#include "agent/control/ask.h"
#include "agent/control/status_text.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/process.h"

namespace nbdroot::agent::control {
namespace {

// One line is what the agent reads: a newline would hide the rest from it.
bool fits_a_line(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

ExitStatus order(const Call& call, std::string_view request, std::string_view done) {
    const auto answer = ask(call.run, request);
    return answer ? print(done) : complain_of_answer(answer.error());
}

// "timeout", "timeout 5": shows what NAME is, or sets it.
ExitStatus show_or_set(const Call& call, std::string_view name,
                       std::optional<std::string_view> value) {
    std::string request(name);
    if (value) request += cat(' ', *value);
    if (!fits_a_line(request)) return refuse(cat(name, ": printable ASCII only"));
    const auto answer = ask(call.run, request);
    if (!answer) return complain_of_answer(answer.error());
    const JsonValue& now = answer->value[name];
    const std::string text = now.kind() == JsonValue::Kind::number
                                 ? cat(now.number())
                                 : base::printable(now.text(), now.text().size());
    return print(cat(text, '\n'));
}

ExitStatus show_or_set_word(Call& call, std::string_view name) {
    const auto value = call.words.take();
    if (const auto surplus = call.words.surplus()) return refuse(*surplus);
    return show_or_set(call, name, value);
}

}  // namespace

ExitStatus show_status(Call& call) {
    const bool json = call.words.take_option("--json");
    const auto device = call.words.take();
    if (const auto surplus = call.words.surplus()) return refuse(*surplus);
    const auto answer = ask(call.run, "status");
    if (!answer) return complain_of_answer(answer.error());
    const std::string& kept = answer->value["device"].text();
    if (device && *device != kept && cat("/dev/", *device) != kept) {
        return complain({.operation = "show",
                         .object = base::printable(*device),
                         .reason = cat("the agent keeps ", base::printable(kept))});
    }
    return print(json ? answer->text : describe_status(answer->value, sys::now()));
}

ExitStatus show_or_set_info(Call& call) {
    // An empty word clears it.
    if (call.words.is_empty()) return show_or_set(call, "info", std::nullopt);
    return show_or_set(call, "info", call.words.take_all());
}

ExitStatus show_or_set_timeout(Call& call) { return show_or_set_word(call, "timeout"); }

ExitStatus show_or_set_log(Call& call) { return show_or_set_word(call, "log"); }

ExitStatus reconnect(Call& call) {
    const auto server = call.words.take_value("--server");
    if (const auto surplus = call.words.surplus()) return refuse(*surplus);
    if (!server) return order(call, "reconnect", "the agent makes a new connection\n");
    if (server->empty() || !fits_a_line(*server)) {
        return refuse("--server needs a number of status, or HOST:PORT");
    }
    return order(call, cat("reconnect ", *server), "the agent moves to that server\n");
}

ExitStatus disconnect(Call& call) {
    const bool force = call.words.take_option("--force");
    if (const auto surplus = call.words.surplus()) return refuse(*surplus);
    if (!force) {
        return refuse(
            "disconnect ends the device: whatever uses it, the root too, gets I/O errors "
            "from then on; only with --force");
    }
    // Afterwards the program's own pages may be out of reach.
    (void)sys::lock_memory();
    return order(call, "disconnect force", "the device is disconnected\n");
}

}  // namespace nbdroot::agent::control
