#include "agent/resident/notes.h"

#include <array>

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

struct Memory {
    alignas(4096) std::array<std::byte, Notes::kBytes> bytes{};
    Notes notes{bytes};
};

}  // namespace

TEST_CASE("fresh memory says that nothing is ending, and the next process reads what was noted") {
    Memory memory;
    CHECK_FALSE(memory.notes.ending());
    for (const auto end : {MachineEnd::poweroff, MachineEnd::kexec, MachineEnd::halt}) {
        memory.notes.set_ending(end);
        CHECK(Notes(memory.bytes).ending() == end);
    }
    memory.notes.set_ending(std::nullopt);
    CHECK_FALSE(Notes(memory.bytes).ending());
}

TEST_CASE("what an operator has set is there for the next process, and nothing before that") {
    Memory memory;
    CHECK_FALSE(memory.notes.log_level());
    CHECK_FALSE(memory.notes.timeout_seconds());
    CHECK(memory.notes.info().empty());
    memory.notes.set_log_level(Level::error);
    memory.notes.set_timeout_seconds(0);
    memory.notes.set_info("rack 7");
    CHECK(Notes(memory.bytes).log_level() == Level::error);
    CHECK(Notes(memory.bytes).timeout_seconds() == 0U);
    CHECK(Notes(memory.bytes).info() == "rack 7");
    memory.notes.set_info(std::string(kLongestInfo, 'x'));
    CHECK(memory.notes.info() == std::string(kLongestInfo, 'x'));
    memory.notes.set_info("");
    CHECK(memory.notes.info().empty());
}

TEST_CASE("connections are counted over the processes, and the last server is known") {
    Memory memory;
    CHECK_FALSE(memory.notes.server());
    CHECK(memory.notes.reconnects() == 0);
    memory.notes.set_connections({.server = 0, .reconnects = 7, .longest_outage = Duration{1'234}});
    CHECK(Notes(memory.bytes).server() == 0U);
    CHECK(Notes(memory.bytes).reconnects() == 7);
    CHECK(Notes(memory.bytes).longest_outage() == Duration{1'234});
}

TEST_CASE("a server that somebody wants is known until it is taken back") {
    Memory memory;
    CHECK_FALSE(memory.notes.wish());
    memory.notes.set_wish(0);
    CHECK(Notes(memory.bytes).wish() == 0U);
    memory.notes.set_wish(std::nullopt);
    CHECK_FALSE(Notes(memory.bytes).wish());
}

TEST_CASE("the image has a name of any length that can be, and is noted whole or not at all") {
    Memory memory;
    CHECK_FALSE(memory.notes.image());
    const Notes::Image first{.canonical_name = "d@1.a", .image_root = {}};
    memory.notes.set_image(first);
    CHECK(Notes(memory.bytes).image() == first);
    const Notes::Image longest{
        .canonical_name = std::string(protocol::nbd::kMaximumString, 'n'),
        .image_root = std::string(protocol::nbd::kImageRootForm) + std::string(64, 'a')};
    memory.notes.set_image(longest);
    CHECK(Notes(memory.bytes).image() == longest);
    memory.notes.set_image({.canonical_name = longest.canonical_name + 'n', .image_root = {}});
    memory.notes.set_image({.canonical_name = "d@1.a", .image_root = longest.image_root + 'a'});
    CHECK(Notes(memory.bytes).image() == longest);
}

TEST_CASE("lines that wait are counted") {
    Memory memory;
    CHECK(memory.notes.held_back() == 0);
    memory.notes.set_held_back(7);
    CHECK(Notes(memory.bytes).held_back() == 7);
}

TEST_CASE("a text that does not end in its place is none") {
    Memory memory;
    memory.notes.set_info("x");
    std::ranges::fill(memory.bytes, std::byte{0xff});
    CHECK(memory.notes.info().empty());
    CHECK_FALSE(memory.notes.image());
}

}  // namespace nbdroot::agent::resident
