#include "agent/rescue/prompt.h"

#include <optional>
#include <string>
#include <utility>

#include "agent/rescue/command.h"
#include "agent/rescue/command_lines.h"
#include "agent/rescue/leave.h"
#include "agent/rescue/log_lines.h"
#include "agent/rescue/state_text.h"
#include "lib/base/json_value.h"
#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/kernel_messages.h"
#include "lib/sys/mount.h"
#include "lib/sys/program.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr std::size_t kLongestLine = 4096;  // as the kernel's command line

void say(std::string_view text) { sys::write_to_standard_output(text); }
void complain(const Error& error) { say(error.message() + '\n'); }

JsonValue read_json(const char* path) {
    const auto text = sys::read_text_file(path);
    if (!text) return {};
    return base::parse_json(*text).value_or(JsonValue());
}

std::vector<LogLine> read_log() {
    const auto messages = sys::read_kernel_messages();
    if (messages) return agent_lines(*messages);
    complain(messages.error());
    return {};
}

void say_state() {
    const JsonValue boot = read_json("/run/nbdroot/boot.json");
    const JsonValue status = read_json("/run/nbdroot/status.json");
    const auto texts = read_command_lines();
    std::string added = texts ? texts->added : std::string();
    while (added.ends_with('\n')) added.pop_back();
    say(describe_state({.boot = boot,
                        .status = status,
                        .trouble = last_trouble(read_log()),
                        .added = std::move(added)}));
}

void say_log() {
    for (const LogLine& line : read_log()) say(line.text + '\n');
}

void end(sys::MachineEnd how) {
    complain(leave(how, [](std::string_view line) { say(cat(line, "\n")); }));
}

bool add(const std::string& text) {
    const auto added = add_command_line(text);
    if (!added) {
        complain(added.error());
        return false;
    }
    say("written to /run/nbdroot/cmdline; trying again\n");
    return true;
}

// True: the prompt has done its duty.
bool carry_out(const Command& command) {
    switch (command.kind) {
        case Command::Kind::nothing:
            return false;
        case Command::Kind::help:
            say(help_text());
            return false;
        case Command::Kind::state:
            say_state();
            return false;
        case Command::Kind::log:
            say_log();
            return false;
        case Command::Kind::retry:
            return true;
        case Command::Kind::parameters:
            return add(command.text);
        case Command::Kind::reboot:
            end(sys::MachineEnd::reboot);
            return false;
        case Command::Kind::poweroff:
            end(sys::MachineEnd::poweroff);
            return false;
        case Command::Kind::unknown:
            say(refuse_command(command.text));
            return false;
    }
    return false;
}

}  // namespace

bool has_shell() { return sys::check_program("/", kShell).has_value(); }

int run_offer() { return sys::read_line(0) ? kWishStatus : 1; }

int run_prompt() {
    if (has_shell()) {
        say("nbdroot: a shell; when it ends the boot is tried again. Parameters for the next try\n"
            "go into /run/nbdroot/cmdline; so that no try finds half of them:\n"
            "  cd /run/nbdroot; echo nbdroot=HOST:PORT >new; mv new cmdline; exit\n");
        complain(sys::execute({.path = kShell, .arguments = {}, .environment = {}}));
    }
    say_state();
    say("'help' lists the commands\n");
    for (;;) {
        say("nbdroot> ");
        const auto line = sys::read_line(kLongestLine);
        if (!line) return 1;
        if (carry_out(parse_command(*line))) return kWishStatus;
    }
}

}  // namespace nbdroot::agent::rescue
