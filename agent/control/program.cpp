#include "agent/control/program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "agent/control/ask.h"
#include "agent/control/boot_chart.h"
#include "agent/control/command.h"
#include "agent/control/connection_commands.h"
#include "agent/control/debug_command.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::control {
namespace {

using namespace std::string_view_literals;

ExitStatus show_boot(Call& call) {
    if (const auto surplus = call.words.surplus()) return refuse(cat("boot: ", *surplus));
    const std::string path = call.run + "/boot.json";
    const auto text = sys::read_text_file(path);
    if (!text && text.error().code == ENOENT) {
        return complain({.operation = "read",
                         .object = path,
                         .reason = "no such file; this system was not booted by nbdroot-agent"});
    }
    if (!text) return complain(text.error());
    const auto boot = parse_of_agent(*text, path);
    if (!boot) return complain(boot.error());
    const auto chart = draw_boot(*boot);
    return chart ? print(*chart) : complain(chart.error());
}

constexpr std::array kCommands{
    Command{"boot", "", "the phases of this boot as bars", show_boot},
    Command{"status", "[DEV] [--json]", "the connection of the root", show_status},
    Command{"info", "[TEXT]", "a text of yours that status shows", show_or_set_info},
    Command{"timeout", "[SECONDS]", "how long a server may answer nothing; 0: for ever",
            show_or_set_timeout},
    Command{"reconnect", "[--server N]", "drops the connection and makes a new one", reconnect},
    Command{"disconnect", "--force", "ends the device for good, with I/O errors", disconnect},
    Command{"debug", "[--follow] [--json]", "what is in flight, counters, the last events",
            show_debug},
    Command{"log", "[LEVEL]", "error, warning, info or debug", show_or_set_log},
};

using Commands = std::array<std::span<const Command>, 2>;

std::string help(const Commands& all) {
    constexpr std::size_t kUsageWidth = 26;
    std::string text;
    for (const auto& commands : all) {
        for (const Command& command : commands) {
            std::string usage = cat(command.name, ' ', command.arguments);
            usage.resize(std::max(usage.size() + 1, kUsageWidth), ' ');
            text += cat(text.empty() ? "usage: " : "       ", "nbdrootctl ", usage, command.summary,
                        '\n');
        }
    }
    return text +
           "       nbdrootctl --help | --version\n"
           "  --run DIR   before the command: where the agent's files are; default: /run/nbdroot\n"
           "Exit status: 0 done, 1 it could not be done, 2 wrong usage,\n"
           "3 not supported by this server, 4 refused by the server.\n";
}

const Command* find(const Commands& all, std::string_view name) {
    for (const auto& commands : all) {
        for (const Command& command : commands) {
            if (command.name == name) return &command;
        }
    }
    return nullptr;
}

}  // namespace

ExitStatus run(std::span<const char* const> arguments, std::span<const Command> more) {
    const Commands all{kCommands, more};
    std::string folder = "/run/nbdroot";
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (word == "--help") return print(help(all));
        if (word == "--version") return print("nbdrootctl " NBDROOT_VERSION "\n");
        if (word == "--run") {
            if (++i == arguments.size()) return refuse("--run needs a directory");
            folder = arguments[i];
            continue;
        }
        if (const Command* const command = find(all, word)) {
            const bool asks = i + 1 < arguments.size() && arguments[i + 1] == "--help"sv;
            if (asks) return print(help(all));
            Call call{.run = std::move(folder), .words = Words(arguments.subspan(i + 1))};
            return command->run(call);
        }
        return refuse(cat(word.starts_with('-') ? "unknown option '" : "unknown command '",
                          base::printable(word), "'"));
    }
    return refuse("nothing to do");
}

}  // namespace nbdroot::agent::control
