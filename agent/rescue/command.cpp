#include "agent/rescue/command.h"

#include <array>

#include "agent/config/word.h"
#include "lib/base/text.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr std::size_t kWordShown = 40;

struct Name {
    std::string_view word;
    Command::Kind kind;
};
constexpr std::array<Name, 6> kNames{{{"help", Command::Kind::help},
                                      {"state", Command::Kind::state},
                                      {"log", Command::Kind::log},
                                      {"retry", Command::Kind::retry},
                                      {"reboot", Command::Kind::reboot},
                                      {"poweroff", Command::Kind::poweroff}}};

bool is_parameter(const config::Word& word) {
    return word.value || word.name == "ro" || word.name == "rw";
}

}  // namespace

Command parse_command(std::string_view line) {
    const auto words = config::split_words(line);
    if (words.empty()) return {};
    for (const Name& name : kNames) {
        if (words.size() == 1 && !words[0].value && words[0].name == name.word) {
            return {.kind = name.kind};
        }
    }
    // A slip in one word must not make the rest a command line.
    for (const config::Word& word : words) {
        if (!is_parameter(word)) return {.kind = Command::Kind::unknown, .text = word.name};
    }
    return {.kind = Command::Kind::parameters, .text = std::string(line)};
}

std::string_view help_text() {
    return "state             how far the boot is, and what it failed at\n"
           "log               what the agent has said\n"
           "retry             try again now\n"
           "nbdroot=... ...   parameters of nbdroot-cmdline(7), read behind the kernel's; then\n"
           "                  tries again. They take the place of those typed before.\n"
           "reboot, poweroff  at once\n";
}

std::string refuse_command(std::string_view word) {
    return cat("'", base::printable(word, kWordShown),
               "' is no command; there are: help, state, log, retry, reboot, poweroff, and "
               "parameters like nbdroot=HOST:PORT\n");
}

}  // namespace nbdroot::agent::rescue
