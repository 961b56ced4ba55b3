#include "agent/resident/notes.h"

#include <array>

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {

TEST_CASE("fresh memory says that nothing is ending, and the next process reads what was noted") {
    std::array<std::byte, Notes::kBytes> memory{};
    CHECK_FALSE(Notes(memory).ending());
    for (const auto end : {MachineEnd::poweroff, MachineEnd::kexec, MachineEnd::halt}) {
        Notes(memory).set_ending(end);
        CHECK(Notes(memory).ending() == end);
    }
    Notes(memory).set_ending(std::nullopt);
    CHECK_FALSE(Notes(memory).ending());
}

}  // namespace nbdroot::agent::resident
