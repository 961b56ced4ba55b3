#include "agent/resident/lease_note.h"

#include <vector>

#include "lib/protocol/dhcp4/message.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

namespace dhcp4 = protocol::dhcp4;

Bytes ack(std::uint32_t address) {
    dhcp4::Message message;
    message.is_reply = true;
    message.your_address = address;
    message.add_u32(dhcp4::OptionCode::server_identifier, 0x0a000202);
    return dhcp4::serialize(message);
}

Instant at(std::int64_t ms) { return Instant(Duration(ms)); }

struct Fresh {
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(LeaseNote::kBytes / 8);
    ByteSpan memory = std::as_writable_bytes(std::span(words));
    LeaseNote note{memory};
};

}  // namespace

TEST_CASE("fresh memory holds no lease, and the next process reads the last one noted") {
    Fresh fresh;
    CHECK_FALSE(fresh.note.load());
    for (std::uint32_t last = 1; last < 5; ++last) {
        fresh.note.store(ack(0x0a000000 + last), at(last));
        const auto lease = LeaseNote(fresh.memory).load();
        REQUIRE(lease);
        CHECK(lease->address == 0x0a000000 + last);
        CHECK(lease->since == at(last));
    }
}

TEST_CASE("a message that is too long, or none, leaves the lease before it") {
    Fresh fresh;
    fresh.note.store(ack(0x0a000001), at(1));
    fresh.note.store(Bytes(1501), at(2));
    fresh.note.store({}, at(3));
    REQUIRE(fresh.note.load());
    CHECK(fresh.note.load()->since == at(1));
}

TEST_CASE("memory that makes no sense holds no lease") {
    for (const std::size_t step : {1UL, 3UL, 7UL}) {
        Fresh fresh;
        fresh.note.store(ack(0x0a000001), at(1));
        for (std::size_t i = 0; i < fresh.memory.size(); i += step)
            fresh.memory[i] = std::byte{0xff};
        CHECK_FALSE(fresh.note.load());
    }
}

}  // namespace nbdroot::agent::resident
