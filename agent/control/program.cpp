#include "agent/control/program.h"

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "agent/control/boot_chart.h"
#include "agent/control/status_text.h"
#include "lib/base/json_value.h"
#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::agent::control {
namespace {

using Arguments = std::span<const char* const>;

// The resident answers at once; only a loaded machine needs longer.
constexpr Duration kAnswerLimit{5'000};

constexpr std::string_view kHelp =
    "usage: nbdrootctl boot              the phases of this boot as bars\n"
    "       nbdrootctl status [--json]   the connection of the root\n"
    "       nbdrootctl reconnect         drops the connection and makes a new one\n"
    "       nbdrootctl --help | --version\n"
    "  --run DIR   where the agent's files are; default: /run/nbdroot\n"
    "Exit status: 0 done, 1 it could not be done, 2 wrong usage.\n";

struct Call {
    std::string command;
    std::string run = "/run/nbdroot";
    bool json = false;
};

ExitStatus print(std::string_view text) {
    sys::write_to_standard_output(text);
    return ExitStatus::done;
}

ExitStatus refuse(std::string_view reason) {
    sys::write_to_standard_error(cat("nbdrootctl: ", reason, "; --help lists what there is\n"));
    return ExitStatus::wrong_usage;
}

ExitStatus complain(const Error& error) {
    sys::write_to_standard_error(cat("nbdrootctl: ", error.message(), "\n"));
    return ExitStatus::failed;
}

// What PATH holds, named in the Error where it is no JSON.
Result<JsonValue> parse(std::string_view text, const std::string& path) {
    auto value = base::parse_json(text);
    if (!value) return fail("read", path, "no JSON of the agent: " + value.error().reason);
    return value;
}

ExitStatus show_boot(const Call& call) {
    const std::string path = call.run + "/boot.json";
    const auto text = sys::read_text_file(path);
    if (!text && text.error().code == ENOENT) {
        return complain({.operation = "read",
                         .object = path,
                         .reason = "no such file; this system was not booted by nbdroot-agent"});
    }
    if (!text) return complain(text.error());
    const auto boot = parse(*text, path);
    if (!boot) return complain(boot.error());
    const auto chart = draw_boot(*boot);
    return chart ? print(*chart) : complain(chart.error());
}

struct Answer {
    std::string text;
    JsonValue value;
};

Result<Answer> ask(const Call& call) {
    const std::string path = call.run + "/control";
    auto text = sys::ask_unix(path, call.command + '\n', kAnswerLimit);
    if (!text) {
        Error error = std::move(text).error();
        if (error.code == ENOENT || error.code == ECONNREFUSED) {
            error.reason += "; no agent keeps a root here";
        } else if (error.code == EACCES || error.code == EPERM) {
            error.reason += "; only root may ask the agent";
        }
        return fail(std::move(error));
    }
    JsonValue value = NBDROOT_TRY(parse(*text, path));
    const std::string& refused = value["error"].text();
    if (!refused.empty()) return fail("ask", path, base::printable(refused));
    return Answer{.text = std::move(*text), .value = std::move(value)};
}

ExitStatus show_status(const Call& call) {
    const auto answer = ask(call);
    if (!answer) return complain(answer.error());
    return print(call.json ? answer->text : describe_status(answer->value));
}

ExitStatus reconnect(const Call& call) {
    const auto answer = ask(call);
    if (!answer) return complain(answer.error());
    return print("the agent makes a new connection\n");
}

struct Command {
    std::string_view name;
    ExitStatus (*run)(const Call&);
    bool knows_json = false;
};
constexpr std::array<Command, 3> kCommands{
    {{"boot", show_boot}, {"status", show_status, true}, {"reconnect", reconnect}}};

ExitStatus run_command(const Call& call) {
    if (call.command.empty()) return refuse("nothing to do");
    for (const Command& command : kCommands) {
        if (command.name != call.command) continue;
        if (call.json && !command.knows_json) {
            return refuse(cat(command.name, " has no option --json"));
        }
        return command.run(call);
    }
    return refuse(cat("unknown command '", base::printable(call.command), "'"));
}

}  // namespace

ExitStatus run(std::span<const char* const> arguments) {
    Call call;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (word == "--help") return print(kHelp);
        if (word == "--version") return print("nbdrootctl " NBDROOT_VERSION "\n");
        if (word == "--json") {
            call.json = true;
        } else if (word == "--run") {
            if (++i == arguments.size()) return refuse("--run needs a directory");
            call.run = arguments[i];
        } else if (word.starts_with('-')) {
            return refuse(cat("unknown option '", base::printable(word), "'"));
        } else if (call.command.empty()) {
            call.command = word;
        } else {
            return refuse(cat("unexpected argument '", base::printable(word), "'"));
        }
    }
    return run_command(call);
}

}  // namespace nbdroot::agent::control
