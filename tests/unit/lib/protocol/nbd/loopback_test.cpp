// Both machines joined: what one writes, the other understands, in pieces of any size.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/client_support.h"
#include "tests/unit/lib/protocol/nbd/desk.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client;
using test::Desk;
using test::Goal;

const ExportInfo kDebian = {
    .size_bytes = (std::uint64_t{7} << 40) + 513,
    .transmission_flags = kTransmitHasFlags | kTransmitSendFlush | kTransmitSendFua,
    .block_sizes = BlockSizes{1, 4096, kMaximumPayload},
    .canonical_name = "debian@0011223344.f00d",
};

Desk desk() { return test::desk_with("debian", kDebian); }

// Carries bytes to and fro until neither side has more to say.
void converse(ClientHandshake& client, Desk& server, std::size_t chunk) {
    test::feed(client, test::greeting(), chunk);
    for (;;) {
        const Bytes to_server = client.take_output();
        server.receive(to_server, chunk);
        const Bytes to_client = std::exchange(server.output, {});
        test::feed(client, to_client, chunk);
        if (to_server.empty() && to_client.empty()) return;
    }
}

std::size_t any_chunk() { return GENERATE(std::size_t{1}, std::size_t{13}, SIZE_MAX); }

TEST_CASE("GO: both sides end in the transmission phase with the same export") {
    ClientHandshake machine = client(Goal::transmit, "debian");
    Desk server = desk();
    converse(machine, server, any_chunk());
    CHECK(test::ready(machine) == kDebian);
    CHECK(server.transmits);
    CHECK(server.rest.empty());
}

TEST_CASE("INFO: the client learns everything and the server sees a polite end") {
    ClientHandshake machine = client(Goal::info, "debian");
    Desk server = desk();
    converse(machine, server, any_chunk());
    CHECK(test::ready(machine) == kDebian);
    CHECK_FALSE(server.transmits);
    CHECK(server.close_reason == "");
}

TEST_CASE("LIST: the client has the names and the server sees a polite end") {
    ClientHandshake machine = client(Goal::list);
    Desk server = desk();
    server.exports["alpine"] = {};
    converse(machine, server, any_chunk());
    REQUIRE(std::holds_alternative<ClientHandshake::Listed>(machine.outcome()));
    CHECK(std::get<ClientHandshake::Listed>(machine.outcome()).names ==
          std::vector<std::string>{"alpine", "debian"});
    CHECK(server.close_reason == "");
}

TEST_CASE("a wrong name: the client learns which exist and the server sees a polite end") {
    ClientHandshake machine = client(GENERATE(Goal::transmit, Goal::info), "debain");
    Desk server = desk();
    converse(machine, server, any_chunk());
    CHECK(test::refused(machine).error.message() ==
          "negotiate export 'debain': the server has no such export (it says: nothing of that "
          "name here)");
    CHECK(test::refused(machine).known_exports == std::vector<std::string>{"debian"});
    CHECK(server.close_reason == "");
}

TEST_CASE("a wrong name and a secret list: the refusal is all there is") {
    ClientHandshake machine = client(Goal::transmit, "debain");
    Desk server = desk();
    server.list_refusal = Desk::Refusal{OptionReply::error_policy, "secret"};
    converse(machine, server, any_chunk());
    CHECK_FALSE(test::refused(machine).list_was_answered);
    CHECK(server.close_reason == "");
}

TEST_CASE("an export of 0 bytes: the client leaves with DISC") {
    ClientHandshake machine = client(Goal::transmit, "");
    Desk server = test::desk_with("", {.transmission_flags = kTransmitHasFlags});
    converse(machine, server, any_chunk());
    CHECK(test::reason(machine) == "the export has a size of 0 bytes");
    CHECK(server.transmits);
    CHECK(server.rest.size() == 28);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
