#include "lib/base/machine_end.h"

#include "tests/support/catch.h"

namespace nbdroot::base {

TEST_CASE("each verb is read and written") {
    const auto [end, verb] = GENERATE(table<MachineEnd, const char*>({
        {MachineEnd::poweroff, "poweroff"},
        {MachineEnd::reboot, "reboot"},
        {MachineEnd::halt, "halt"},
        {MachineEnd::kexec, "kexec"},
    }));
    CHECK(parse_machine_end(verb) == end);
    CHECK(name_of(end) == verb);
}

TEST_CASE("a container's exit is a power-off for a machine") {
    CHECK(parse_machine_end("exit") == MachineEnd::poweroff);
}

TEST_CASE("a word that is no verb is none") {
    CHECK_FALSE(parse_machine_end(GENERATE("", "power", "poweroff ", "Reboot", "--halt")));
}

}  // namespace nbdroot::base
