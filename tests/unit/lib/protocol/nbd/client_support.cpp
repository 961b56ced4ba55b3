#include "tests/unit/lib/protocol/nbd/client_support.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace nbdroot::protocol::nbd::test {

ClientHandshake client(Goal goal, const std::string& export_name) {
    return ClientHandshake({.goal = goal, .export_name = export_name});
}

ClientHandshake client_after(const Bytes& server_says, std::size_t chunk) {
    ClientHandshake machine = client();
    feed(machine, server_says, chunk);
    return machine;
}

void feed(ClientHandshake& client, ByteView bytes, std::size_t chunk) {
    while (!bytes.empty()) {
        const ByteView piece = bytes.first(std::min(chunk, bytes.size()));
        bytes = bytes.subspan(piece.size());
        client.on_bytes(piece);
    }
}

std::string reason(const ClientHandshake& client) {
    const auto* refusal = std::get_if<ClientHandshake::Refused>(&client.outcome());
    return refusal ? refusal->error.reason : "";
}

bool is_in_progress(const ClientHandshake& client) {
    return std::holds_alternative<ClientHandshake::InProgress>(client.outcome());
}

const ClientHandshake::Refused& refused(const ClientHandshake& client) {
    REQUIRE(std::holds_alternative<ClientHandshake::Refused>(client.outcome()));
    return std::get<ClientHandshake::Refused>(client.outcome());
}

const ExportInfo& ready(const ClientHandshake& client) {
    INFO(reason(client));
    REQUIRE(std::holds_alternative<ClientHandshake::Ready>(client.outcome()));
    return std::get<ClientHandshake::Ready>(client.outcome()).info;
}

}  // namespace nbdroot::protocol::nbd::test
