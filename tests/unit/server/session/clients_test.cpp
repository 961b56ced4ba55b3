#include "server/session/clients.h"

#include <vector>

#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::server::config::HostAddress;
using nbdroot::server::export_::ExportTable;
using nbdroot::server::session::Clients;
using nbdroot::server::session::Session;
using nbdroot::server::session::Surroundings;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;

namespace {

struct Fixture {
    BoundedLoop loop;
    nbdroot::Log log{nbdroot::Level::error, [](nbdroot::Level, std::string_view) {}};
    ExportTable table;
    Surroundings surroundings{.loop = loop.get(), .exports = table, .log = log};
    Clients clients{surroundings};
    std::vector<Fd> ends;

    Fixture() {
        surroundings.ended = [this](const Session& session) { clients.remove(session); };
    }

    void connect(std::optional<HostAddress> address) {
        auto pair = nbdroot::sys::make_stream_pair();
        REQUIRE(pair);
        ends.push_back(std::move(pair->first));
        clients.begin({.fd = std::move(pair->second), .peer = "peer", .address = address});
    }

    [[nodiscard]] std::vector<Clients::Id> ids() const {
        std::vector<Clients::Id> ids;
        clients.for_each([&](const Session& session) { ids.push_back(session.id()); });
        return ids;
    }
};

}  // namespace

TEST_CASE("the count of an address goes down with each of its clients, and no number comes twice") {
    Fixture test;
    const HostAddress one{1};
    const HostAddress two{2};
    test.connect(one);
    test.connect(two);
    test.connect(one);
    test.connect(std::nullopt);
    CHECK(test.clients.size() == 4);
    CHECK(test.clients.at(one) == 2);
    test.clients.find(3)->end("test");
    test.clients.find(4)->end("test");
    CHECK(test.clients.at(one) == 1);
    CHECK(test.clients.find(3) == nullptr);
    test.connect(one);
    CHECK(test.ids() == std::vector<Clients::Id>{1, 2, 5});
    CHECK(test.clients.at(one) == 2);
    test.clients.change_each([](Session& session) { session.end("test"); });
    CHECK(test.clients.empty());
    CHECK(test.clients.at(one) == 0);
    CHECK(test.clients.at(two) == 0);
}
