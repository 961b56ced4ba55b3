#include "server/session/negotiation.h"

#include "lib/protocol/nbd/client_handshake.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::server::session {
namespace {

using export_::Export;
using protocol::nbd::ClientHandshake;

const std::string kSoftware = "nbd-rootserver " NBDROOT_VERSION;
const std::string kRoot = "merkle-sha256-64k:" + std::string(64, 'a');

struct Fixture {
    test::BoundedLoop loop;
    std::unique_ptr<storage::WorkerPool> pool =
        std::move(*storage::WorkerPool::start(loop.get(), 1));
    Log log{Level::error, [](Level, std::string_view) {}};
    test::TemporaryFile file{"contents"};
    export_::ExportTable table;
    Draining draining;
    Tally tally;
    Negotiation::Address address;

    Fixture() {
        auto image = storage::Image::open(file.path(), storage::Access::read_only);
        REQUIRE(image);
        table.add("disk", std::make_shared<Export>(Export::Traits{.name = "disk"},
                                                   std::move(*image), *pool, log));
    }

    // What a client that asks for "disk" learns.
    protocol::nbd::ExportInfo negotiate(Negotiation::ImageRoot image_root) {
        Negotiation server(table, draining, tally, address, nullptr, std::move(image_root));
        ClientHandshake client({.goal = ClientHandshake::Goal::transmit, .export_name = "disk"});
        for (int turns = 0; turns < 10; ++turns) {
            client.on_bytes(server.take_output());
            const Bytes said = client.take_output();
            REQUIRE(server.on_bytes(said) == said.size());
            if (server.state() != Negotiation::State::waiting) continue;
            const auto target = server.take_wish().found.target;
            server.admit({.target = target, .info = target->info()});
            (void)server.on_bytes({});
        }
        REQUIRE(std::holds_alternative<ClientHandshake::Ready>(client.outcome()));
        return std::get<ClientHandshake::Ready>(client.outcome()).info;
    }
};

}  // namespace

TEST_CASE("who asks for a description is told the software and the root of the image") {
    Fixture f;
    std::string asked_of;
    const auto info = f.negotiate([&](const Export& target) {
        asked_of = target.name();
        return kRoot;
    });
    CHECK(info.description == kSoftware + "; image " + kRoot);
    CHECK(asked_of == "disk");
}

TEST_CASE("as long as no root is known the description tells the software alone") {
    Fixture f;
    CHECK(f.negotiate([](const Export&) { return std::string(); }).description == kSoftware);
    CHECK(f.negotiate({}).description == kSoftware);
}

}  // namespace nbdroot::server::session
