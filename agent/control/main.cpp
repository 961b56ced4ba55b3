#include <array>
#include <cstddef>

#include "agent/control/program.h"
#include "agent/control/service_commands.h"

namespace {

using namespace nbdroot::agent::control;  // the names of one table

// They speak NBD themselves: 33 KB that the copy in the boot agent does without.
constexpr std::array kServiceCommands{
    Command{"server-cmd", "WORDS", "has the root's server do something for this machine",
            order_server},
    Command{"hash", "OFFSET LENGTH [--block SIZE] [--algo sha256|xxh3]",
            "hashes of the root's disk, by its server", show_hashes},
};

}  // namespace

int main(int argc, char** argv) {
    return static_cast<int>(run({argv, static_cast<std::size_t>(argc)}, kServiceCommands));
}
