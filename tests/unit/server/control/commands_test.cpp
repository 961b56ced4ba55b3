#include "server/control/commands.h"

#include <list>
#include <string>
#include <vector>

#include "lib/base/json_value.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/sys/file.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbd = nbdroot::protocol::nbd;
using nbdroot::Bytes;
using nbdroot::ByteView;
using nbdroot::ByteWriter;
using nbdroot::JsonValue;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::base::as_bytes;
using nbdroot::server::control::Commands;
using nbdroot::server::control::ReloadOutcome;
using nbdroot::server::control::World;
using nbdroot::server::export_::Export;
using nbdroot::server::export_::ExportTable;
using nbdroot::server::machines::Machines;
using nbdroot::server::session::Clients;
using nbdroot::server::session::Session;
using nbdroot::server::session::Surroundings;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

// A server without sockets of its own: clients are pairs, answers are kept.
struct Fixture {
    BoundedLoop loop;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    std::vector<std::string> lines;
    Log log{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    TemporaryFile file{std::string(1 << 20, 'x')};
    ExportTable table;
    Surroundings surroundings{.loop = loop.get(), .exports = table, .log = log};
    Clients clients{surroundings};
    World world{.loop = loop.get(),
                .log = log,
                .exports = table,
                .clients = clients,
                .draining = surroundings.draining,
                .tally = surroundings.tally};
    Commands commands{world};
    bool waits = true;
    std::list<std::string> told;

    Fixture() {
        for (const char* const name : {"disk", "other"}) {
            table.add(name,
                      std::make_shared<Export>(
                          Export::Traits{.name = name, .image_id = "abc"},
                          std::move(*Image::open(file.path(), Access::read_only)), *pool, log));
        }
        table.set_default("disk");
        surroundings.ended = [this](Session& session) {
            clients.remove(session);
            commands.on_client_gone();
        };
    }

    Fd connect(const std::string& peer = "peer") {
        auto pair = nbdroot::sys::make_stream_pair();
        REQUIRE(pair);
        clients.begin({.fd = std::move(pair->second), .peer = peer});
        return std::move(pair->first);
    }

    // Empty: it is in. Else what the server said.
    std::string negotiate(const Fd& fd, const std::string& name) {
        nbd::ClientHandshake client(
            {.goal = nbd::ClientHandshake::Goal::transmit, .export_name = name});
        loop.run_until([&] {
            Bytes piece(4096);
            const auto got = nbdroot::sys::receive_some(fd.get(), piece, "");
            REQUIRE(got);
            if (*got) client.on_bytes(ByteView(piece).first(**got));
            REQUIRE(nbdroot::sys::write_all(fd.get(), client.take_output(), "test"));
            return !std::holds_alternative<nbd::ClientHandshake::InProgress>(client.outcome());
        });
        const auto outcome = client.outcome();
        if (std::holds_alternative<nbd::ClientHandshake::Ready>(outcome)) return "";
        return "refused";
    }

    Fd client(const std::string& name, const std::string& peer = "peer") {
        Fd fd = connect(peer);
        REQUIRE(negotiate(fd, name).empty());
        return fd;
    }

    void ask(std::string_view line) {
        commands.on_line(line, {.tell = [this](std::string text) { told.push_back(text); },
                                .waits = [this] { return waits; }});
    }

    // The next answer, which may take time.
    JsonValue answer() {
        loop.run_until([&] { return !told.empty(); });
        const auto value = nbdroot::base::parse_json(told.front());
        REQUIRE(value);
        told.pop_front();
        return *value;
    }

    JsonValue answer_to(std::string_view line) {
        ask(line);
        return answer();
    }

    std::string error_of(std::string_view line) { return answer_to(line)["error"].text(); }
};

bool is_closed(const Fd& fd) {
    Bytes piece(4096);
    const auto got = nbdroot::sys::receive_some(fd.get(), piece, "");
    return !got || (*got && **got == 0);
}

}  // namespace

TEST_CASE("clients, each with what it does") {
    Fixture f;
    const Fd one = f.client("disk", "10.0.0.7:1");
    const Fd two = f.connect("10.0.0.8:2");
    const auto clients = f.answer_to(R"({"command":"clients"})")["clients"].items();
    REQUIRE(clients.size() == 2);
    CHECK(clients[0]["id"].number() == 1);
    CHECK(clients[0]["peer"].text() == "10.0.0.7:1");
    CHECK(clients[0]["export"].text() == "disk");
    CHECK(clients[0]["state"].text() == "active");
    CHECK_FALSE(clients[0]["writable"].truth());
    CHECK(clients[1]["id"].number() == 2);
    CHECK(clients[1]["state"].text() == "handshake");
}

TEST_CASE("exports, with their clients; one that was removed as long as it is in use") {
    Fixture f;
    const Fd one = f.client("");
    Fd two = f.client("other");
    auto exports = f.answer_to(R"({"command":"exports"})")["exports"].items();
    REQUIRE(exports.size() == 2);
    CHECK(exports[0]["name"].text() == "disk");
    CHECK(exports[0]["default"].truth());
    CHECK(exports[0]["clients"].number() == 1);
    CHECK(exports[0]["access"].text() == "read-only");
    CHECK(exports[0]["path"].text() == f.file.path());
    CHECK_FALSE(exports[1]["default"].truth());

    const auto target = f.table.find("disk")->target;
    f.table = ExportTable();
    f.table.add("disk", target);
    exports = f.answer_to(R"({"command":"exports"})")["exports"].items();
    REQUIRE(exports.size() == 2);
    CHECK(exports[1]["name"].text() == "other");
    CHECK(exports[1]["removed"].truth());
    CHECK(exports[1]["clients"].number() == 1);
    two.reset();
    f.loop.run_until([&] { return f.clients.size() == 1; });
    CHECK(f.answer_to(R"({"command":"exports"})")["exports"].items().size() == 1);
}

TEST_CASE("who serves from an image that was replaced is told apart") {
    Fixture f;
    const Fd one = f.client("disk");
    f.table = ExportTable();
    f.table.add("disk",
                std::make_shared<Export>(Export::Traits{.name = "disk", .image_id = "new"},
                                         std::move(*Image::open(f.file.path(), Access::read_only)),
                                         *f.pool, f.log));
    const auto exports = f.answer_to(R"({"command":"exports"})")["exports"].items();
    CHECK(exports.at(0)["clients"].number() == 1);
    CHECK(exports.at(0)["clients_of_older_image"].number() == 1);
}

TEST_CASE("counters keep what clients did that have gone") {
    Fixture f;
    Fd one = f.client("disk");
    Bytes bytes;
    ByteWriter(bytes).value(
        nbd::encode(nbd::Request{.command = nbd::Command::read, .cookie = 1, .length_bytes = 512}));
    REQUIRE(nbdroot::sys::write_all(one.get(), bytes, "test"));
    f.loop.run_until(
        [&] { return f.answer_to(R"({"command":"stats"})")["read_bytes"].number() == 512; });
    one.reset();
    f.loop.run_until([&] { return f.clients.empty(); });
    f.connect().reset();  // leaves without a word
    f.loop.run_until([&] { return f.clients.empty(); });
    const Fd refused = f.connect();
    CHECK(f.negotiate(refused, "no such") == "refused");

    const auto stats = f.answer_to(R"({"command":"stats"})");
    CHECK(stats["connections"]["total"].number() == 3);
    CHECK(stats["connections"]["live"].number() == 1);
    CHECK(stats["handshakes"]["failed"].number() == 1);
    CHECK(stats["refused"]["unknown-export"].number() == 1);
    CHECK(stats["requests"].number() == 1);
    CHECK(stats["requests_by_kind"]["read"].number() == 1);
    CHECK(stats["read_bytes"].number() == 512);

    f.table = ExportTable();  // nobody forgets what was served from an export that is gone
    CHECK(f.answer_to(R"({"command":"stats"})")["read_bytes"].number() == 512);
}

TEST_CASE("a drain of everything closes its clients and refuses others until it is resumed") {
    Fixture f;
    const Fd one = f.client("disk");
    const Fd two = f.client("other");
    const Fd asking = f.connect();
    f.ask(R"({"command":"drain"})");
    CHECK(f.told.empty());
    f.loop.run_until([&] { return is_closed(one) && is_closed(two); });
    const_cast<Fd&>(one).reset();
    const_cast<Fd&>(two).reset();
    const auto drained = f.answer();
    CHECK(drained["clients"].number() == 2);
    CHECK(drained["left"].items().empty());
    CHECK(f.clients.size() == 1);  // it has chosen nothing yet
    CHECK(f.negotiate(asking, "disk") == "refused");
    CHECK(f.answer_to(R"({"command":"stats"})")["draining"].truth());
    CHECK(f.answer_to(R"({"command":"stats"})")["refused"]["draining"].number() == 1);

    CHECK(f.error_of(R"({"command":"resume","export":"disk"})") ==
          "the whole server drains; resume it without naming an export");
    f.answer_to(R"({"command":"resume"})");
    CHECK_FALSE(f.answer_to(R"({"command":"stats"})")["draining"].truth());
    f.client("disk");
}

TEST_CASE("a drain of one export leaves the others alone") {
    Fixture f;
    Fd one = f.client("");
    const Fd two = f.client("other");
    f.ask(R"({"command":"drain","export":""})");
    f.loop.run_until([&] { return is_closed(one); });
    one.reset();
    CHECK(f.answer()["clients"].number() == 1);
    CHECK_FALSE(is_closed(two));
    CHECK(f.negotiate(f.connect(), "disk") == "refused");
    f.client("other");
    CHECK(f.error_of(R"({"command":"resume","export":"other"})") ==
          "export 'other' does not drain");
    f.answer_to(R"({"command":"resume","export":"disk"})");
    f.client("disk");
}

TEST_CASE("a drain whose clients do not leave says who is left") {
    Fixture f;
    const Fd one = f.client("disk", "10.0.0.7:1");  // does not look at its socket
    const auto drained = f.answer_to(R"({"command":"drain","timeout_s":0})");
    CHECK(drained["clients"].number() == 1);
    REQUIRE(drained["left"].items().size() == 1);
    CHECK(drained["left"].items()[0]["id"].number() == 1);
    CHECK(drained["left"].items()[0]["peer"].text() == "10.0.0.7:1");
}

TEST_CASE("a drain of nobody is over at once") {
    Fixture f;
    CHECK(f.answer_to(R"({"command":"drain","timeout_s":3600})")["clients"].number() == 0);
}

TEST_CASE("those that wait for a drain leave room for others, and who has gone does not count") {
    Fixture f;
    const Fd one = f.client("disk");
    for (int i = 0; i < 8; ++i) f.ask(R"({"command":"drain","timeout_s":3600})");
    CHECK(f.told.empty());
    CHECK(f.error_of(R"({"command":"drain"})") == "8 others wait for the end of a drain");
    CHECK(f.answer_to(R"({"command":"clients"})")["clients"].items().size() == 1);
    f.waits = false;
    f.ask(R"({"command":"drain","timeout_s":3600})");
    CHECK(f.told.empty());
}

TEST_CASE("an export that is not there is not drained") {
    Fixture f;
    CHECK(f.error_of(R"({"command":"drain","export":"no"})") ==
          "there is no export 'no'; the command exports lists them");
    f.client("disk");
}

TEST_CASE("a client is disconnected by its number or its address") {
    Fixture f;
    const Fd one = f.client("disk", "10.0.0.7:1");
    const Fd two = f.client("disk", "10.0.0.7:2");
    const auto done = f.answer_to(R"({"command":"disconnect","client":"10.0.0.7:2"})");
    CHECK(done["id"].number() == 2);
    CHECK(is_closed(two));
    CHECK_FALSE(is_closed(one));
    CHECK(f.answer_to(R"({"command":"disconnect","client":"1"})")["peer"].text() == "10.0.0.7:1");
    CHECK(is_closed(one));
    CHECK(f.lines.back().starts_with("client 10.0.0.7:1: disconnected by the operator; export"));
}

TEST_CASE("a client that is not there, or that could be two, is not disconnected") {
    Fixture f;
    const Fd one = f.client("disk", "local");
    const Fd two = f.client("disk", "local");
    CHECK(f.error_of(R"({"command":"disconnect","client":"9"})") ==
          "there is no client '9'; the command clients lists them");
    CHECK(f.error_of(R"({"command":"disconnect","client":"10.0.0.7"})") ==
          "there is no client '10.0.0.7'; the command clients lists them");
    CHECK(f.error_of(R"({"command":"disconnect","client":"local"})") ==
          "2 clients are called 'local'; say the number of one");
    CHECK(f.clients.size() == 2);
}

TEST_CASE("a reload answers when it is over, and an old asker is no matter") {
    Fixture f;
    CHECK(f.error_of(R"({"command":"reload"})") ==
          "there is no file to read again: the server was told everything by its command line");
    std::vector<std::function<void(const ReloadOutcome&)>> waiting;
    f.world.reload = [&](auto done) { waiting.push_back(std::move(done)); };
    f.ask(R"({"command":"reload"})");
    CHECK(f.told.empty());
    REQUIRE(waiting.size() == 1);
    waiting[0]({.changes = {"export 'a': added"}});
    CHECK(f.answer()["changes"].items().size() == 1);
}

TEST_CASE("what is no request gets an answer too") {
    Fixture f;
    CHECK(f.error_of("clients").starts_with("no JSON"));
}

TEST_CASE("a server without overlays lists none, and changes none") {
    Fixture fixture;
    CHECK(fixture.answer_to(R"({"command":"overlay-list"})")["overlays"].items().empty());
    CHECK(fixture.error_of(R"({"command":"overlay-reset","export":"disk","machine":"m"})") ==
          "no export of this server has overlays");
    CHECK(fixture.error_of(R"({"command":"overlay-drop","export":"disk","machine":"m"})") ==
          "no export of this server has overlays");
}

TEST_CASE("an overlay that there is not is neither reset nor deleted") {
    Fixture fixture;
    fixture.world.machines = std::make_shared<Machines>(Machines::World{.loop = fixture.loop.get(),
                                                                        .pool = *fixture.pool,
                                                                        .log = fixture.log,
                                                                        .exports = fixture.table});
    CHECK(
        fixture.answer_to(R"({"command":"overlay-list","export":""})")["overlays"].items().empty());
    for (const char* const command : {"overlay-reset", "overlay-drop"}) {
        const std::string line =
            std::string(R"({"command":")") + command + R"(","export":"","machine":"m\u001b"})";
        CHECK(fixture.error_of(line) == "no export 'disk' has overlays");
    }
}
