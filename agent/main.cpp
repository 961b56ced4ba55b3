// nbdroot-agent: what it was called for, in one look.
#include <span>
#include <string>
#include <string_view>

#include "agent/boot.h"
#include "agent/config/parse.h"
#include "agent/control/program.h"
#include "agent/exit/exit.h"
#include "agent/exit_status.h"
#include "agent/rescue/prompt.h"
#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/program.h"

namespace {

using namespace nbdroot;
using agent::ExitStatus;
using Arguments = std::span<const char* const>;

constexpr std::string_view kHelp =
    "usage: nbdroot-agent attach [--no-network]   network and attach, as the kernel command line "
    "says;\n"
    "                                             prints the device\n"
    "       nbdroot-agent handover ROOT INIT      tells the system mounted at ROOT what it needs "
    "to\n"
    "                                             know of its root, under /run\n"
    "       nbdroot-agent --parse 'CMDLINE'       the configuration that CMDLINE means, as JSON\n"
    "       nbdroot-agent --help | --version\n"
    "As process 1 of an initramfs (/init) it boots the machine from an NBD server.\n"
    "Exit status: 0 done, 1 not attached, 2 wrong usage or a command line that cannot be meant.\n";

ExitStatus print(std::string_view text) {
    sys::write_to_standard_output(text);
    return ExitStatus::done;
}

ExitStatus refuse(std::string_view reason) {
    sys::write_to_standard_error(cat("nbdroot-agent: ", reason, "\n"));
    return ExitStatus::wrong_usage;
}

ExitStatus parse(Arguments arguments) {
    if (arguments.size() != 1) return refuse("--parse takes one argument, the command line");
    const auto config = agent::config::parse_command_line(arguments[0]);
    if (!config) return refuse(config.error().message());
    return print(agent::config::to_json(*config));
}

ExitStatus attach(Arguments arguments) {
    agent::AttachOnly options;
    for (const std::string_view argument : arguments) {
        if (argument != "--no-network") {
            return refuse(cat("attach: unknown option '", argument, "'; there is --no-network"));
        }
        options.with_network = false;
    }
    return agent::attach_only(options);
}

ExitStatus hand_over(Arguments arguments) {
    if (arguments.size() != 2) return refuse("handover takes two arguments, ROOT and INIT");
    agent::hand_over(arguments[0], arguments[1]);
    return ExitStatus::done;
}

// The kernel runs /init with words of its own command line as arguments; they are the real init's.
bool is_init(Arguments arguments) {
    if (!sys::is_first_process()) return false;
    return arguments.empty() || std::string_view(arguments[0]).ends_with("init") ||
           arguments.size() == 1;
}

// One program under several names: a root without our package finds them under /run.
bool is_called(Arguments arguments, std::string_view name) {
    if (arguments.empty()) return false;
    const std::string_view path = arguments[0];
    return path.substr(path.rfind('/') + 1) == name;
}

ExitStatus run(Arguments arguments) {
    if (is_called(arguments, "nbdrootctl")) return agent::control::run(arguments);
    if (is_called(arguments, "shutdown")) return agent::exit::run(arguments);
    if (is_init(arguments)) agent::boot();
    if (arguments.size() < 2) return refuse("nothing to do; --help lists what there is");
    const std::string_view word = arguments[1];
    const Arguments rest = arguments.subspan(2);
    if (word == "attach") return attach(rest);
    if (word == "handover") return hand_over(rest);
    if (word == "rescue-prompt") return static_cast<ExitStatus>(agent::rescue::run_prompt());
    if (word == "rescue-offer") return static_cast<ExitStatus>(agent::rescue::run_offer());
    if (word == "--parse") return parse(rest);
    if (word == "--help") return print(kHelp);
    if (word == "--version") return print("nbdroot-agent " NBDROOT_VERSION "\n");
    return refuse(cat("unknown command '", word, "'; --help lists what there is"));
}

}  // namespace

int main(int argc, char** argv) {
    return static_cast<int>(run({argv, static_cast<std::size_t>(argc)}));
}
