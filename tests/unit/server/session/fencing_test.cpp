// Several sessions at the door of one writable export.
#include <sys/stat.h>

#include <future>
#include <string>
#include <vector>

#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/client_handshake.h"
#include "lib/sys/stream.h"
#include "server/session/session.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbd = nbdroot::protocol::nbd;
using namespace std::chrono_literals;
using nbdroot::Bytes;
using nbdroot::ByteView;
using nbdroot::ByteWriter;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::export_::BootDoors;
using nbdroot::server::export_::BootTokens;
using nbdroot::server::export_::Door;
using nbdroot::server::export_::Export;
using nbdroot::server::export_::ExportTable;
using nbdroot::server::export_::Sharing;
using nbdroot::server::session::Session;
using nbdroot::server::session::Surroundings;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

constexpr std::size_t kFileSize = 1 << 20;

struct Lab {
    BoundedLoop loop;
    TemporaryFile file{std::string(kFileSize, '-')};
    std::vector<std::string> lines;
    Log log{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    ExportTable table;
    Surroundings surroundings{.loop = loop.get(), .exports = table, .log = log};
    std::unordered_map<Session*, std::shared_ptr<Session>> sessions;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));

    explicit Lab(const std::string& record_path = "", Sharing sharing = Sharing::one_writer) {
        auto target = std::make_shared<Export>(
            Export::Traits{.name = "disk", .image_id = "id", .sharing = sharing},
            std::move(*Image::open(file.path(), Access::writable)), *pool, log);
        const auto make_door = [this, record_path] {
            return std::make_shared<Door>(
                Door::Settings{.export_name = "disk", .record_path = record_path}, BootTokens(),
                loop.get(), *pool, log);
        };
        if (sharing == Sharing::shared) {
            target->set_boot_doors(BootDoors(make_door));
        } else {
            target->set_door(make_door());
        }
        table.add("disk", std::move(target));
        surroundings.ended = [this](Session& session) { sessions.erase(&session); };
        pool->set_after_batch([this] {
            for (const auto& weak : std::exchange(surroundings.changed, {})) {
                if (const auto changed = weak.lock()) changed->resume();
            }
        });
    }

    // Everything that could happen without anybody's doing has happened: TIME has passed.
    void settle(nbdroot::Duration time) {
        const auto until = nbdroot::sys::now() + time;
        loop.run_until([&] { return nbdroot::sys::now() > until; });
    }
};

// A client that has asked for the export.
struct Client {
    Lab& lab;
    Fd socket;
    nbd::ClientHandshake handshake;
    std::string seen;
    bool at_end = false;

    Client(Lab& where, const std::string& name, const std::string& decoy = "")
        : lab(where),
          handshake({.goal = nbd::ClientHandshake::Goal::transmit,
                     .export_name = name,
                     .decoy_name = decoy}) {
        auto pair = nbdroot::sys::make_stream_pair();
        REQUIRE(pair);
        socket = std::move(pair->first);
        auto session = std::make_shared<Session>(
            lab.surroundings, nbdroot::sys::Accepted{std::move(pair->second), "peer"});
        lab.sessions.emplace(session.get(), session);
        REQUIRE(session->start());
    }

    void receive() {
        Bytes piece(1 << 16);
        for (;;) {
            const auto got = nbdroot::sys::receive_some(socket.get(), piece, "");
            if (!got || (*got && **got == 0)) at_end = true;
            if (!got || !*got || **got == 0) return;
            seen += as_text(ByteView(piece).first(**got));
        }
    }

    bool negotiating() {
        receive();
        if (std::holds_alternative<nbd::ClientHandshake::InProgress>(handshake.outcome())) {
            handshake.on_bytes(as_bytes(std::exchange(seen, {})));
            send(handshake.take_output());
        }
        return std::holds_alternative<nbd::ClientHandshake::InProgress>(handshake.outcome());
    }

    // The canonical name that it is given.
    std::string admitted() {
        lab.loop.run_until([&] { return !negotiating(); });
        const auto* const ready = std::get_if<nbd::ClientHandshake::Ready>(&handshake.outcome());
        REQUIRE(ready != nullptr);
        return ready->info.canonical_name;
    }

    // It has asked, and gets no answer while TIME passes.
    bool waits(nbdroot::Duration time) {
        const auto until = nbdroot::sys::now() + time;
        lab.loop.run_until([&] { return !negotiating() || nbdroot::sys::now() > until; });
        return negotiating() && !at_end;
    }

    void send(ByteView bytes) { REQUIRE(nbdroot::sys::write_all(socket.get(), bytes, "test")); }

    void request(nbd::Command command, std::uint32_t length, const std::string& payload = "") {
        Bytes bytes;
        ByteWriter writer(bytes);
        writer.value(nbd::encode(nbd::Request{.command = command, .length_bytes = length}));
        writer.text(payload);
        send(bytes);
    }

    void expect_reply() {
        lab.loop.run_until([&] {
            receive();
            return seen.size() >= nbd::kSimpleReplySize;
        });
        CHECK(nbd::parse_simple_reply(as_bytes(seen).first<nbd::kSimpleReplySize>())->error ==
              nbd::ErrorNumber::none);
        seen.clear();
    }

    void expect_end() {
        lab.loop.run_until([&] {
            receive();
            return at_end;
        });
    }
};

// Work of the pool that takes until release(): behind it everything slow waits.
struct Blocked {
    std::promise<void> promise;
    explicit Blocked(Lab& lab) {
        const auto done = promise.get_future().share();
        for (int i = 0; i < 2; ++i) {
            lab.pool->submit({.work = [done] { done.wait(); }, .done = [] {}});
        }
    }
    void release() { promise.set_value(); }
};

}  // namespace

TEST_CASE("work of the old connection that runs on does not land on newer writes") {
    Lab lab("", GENERATE(Sharing::one_writer, Sharing::shared));
    Client old(lab, "disk");
    const std::string name = old.admitted();
    CHECK(name.starts_with("disk@id."));
    Blocked slow(lab);
    old.request(nbd::Command::write_zeroes, 4096);
    lab.settle(20ms);

    Client newer(lab, name);
    const bool waited = newer.waits(100ms);
    CHECK(waited);
    old.expect_end();
    CHECK(old.seen.empty());
    if (waited) slow.release();
    CHECK(newer.admitted() == name);
    newer.request(nbd::Command::write, 4096, std::string(4096, 'n'));
    newer.expect_reply();
    if (!waited) slow.release();  // so that a server without a fence is caught in the act
    lab.settle(20ms);
    CHECK(lab.file.contents().substr(0, 4097) == std::string(4096, 'n') + "-");
}

TEST_CASE("work of the old connection that has not begun is dropped") {
    Lab lab;
    Client old(lab, "disk");
    const std::string name = old.admitted();
    Blocked slow(lab);
    old.request(nbd::Command::write_zeroes, 4096);
    lab.settle(20ms);
    Client newer(lab, name);
    CHECK(newer.waits(50ms));
    slow.release();
    newer.admitted();
    CHECK(lab.file.contents() == std::string(kFileSize, '-'));
    for (const std::string& line : lab.lines) CHECK(line.find("begin work") == std::string::npos);
}

TEST_CASE("the rest of an old write does not land on a newer one") {
    Lab lab("", GENERATE(Sharing::one_writer, Sharing::shared));
    Client old(lab, "disk");
    const std::string name = old.admitted();
    old.request(nbd::Command::write, 65536, std::string(30000, 'o'));
    lab.settle(20ms);
    Client newer(lab, name);
    newer.admitted();
    newer.request(nbd::Command::write, 65536, std::string(65536, 'n'));
    newer.expect_reply();
    CHECK_FALSE(nbdroot::sys::send_some(old.socket.get(), Bytes(35536), "test"));
    lab.settle(20ms);
    CHECK(lab.file.contents().substr(0, 65536) == std::string(65536, 'n'));
}

TEST_CASE("waiting for old work does not count as a slow handshake") {
    Lab lab;
    lab.surroundings.handshake_limit = 100ms;
    Client old(lab, "disk");
    const std::string name = old.admitted();
    Blocked slow(lab);
    old.request(nbd::Command::flush, 0);
    lab.settle(20ms);
    Client newer(lab, name);
    CHECK(newer.waits(300ms));
    slow.release();
    CHECK(newer.admitted() == name);
}

TEST_CASE("a client that leaves while it waits is forgotten, and the next one waits on") {
    Lab lab;
    Client old(lab, "disk");
    const std::string name = old.admitted();
    Blocked slow(lab);
    old.request(nbd::Command::flush, 0);
    lab.settle(20ms);
    {
        Client newer(lab, name);
        CHECK(newer.waits(50ms));
    }
    lab.loop.run_until([&] { return lab.sessions.empty(); });
    Client next(lab, name);
    CHECK(next.waits(50ms));
    slow.release();
    CHECK(next.admitted() == name);
}

TEST_CASE("a client that leaves while it waits is not logged with what its decoy was told") {
    Lab lab;
    Client old(lab, "disk");
    const std::string name = old.admitted();
    Blocked slow(lab);
    old.request(nbd::Command::flush, 0);
    lab.settle(20ms);
    {
        Client newer(lab, name, "disk@no-such-image.decoy");
        CHECK(newer.waits(50ms));
    }
    lab.loop.run_until([&] { return lab.sessions.empty(); });
    CHECK(lab.lines.back() == "client peer: left before it chose an export");
    slow.release();
}

TEST_CASE("shared: boots do not wait for each other, and doors that nobody uses are forgotten") {
    Lab lab("", Sharing::shared);
    BootDoors doors([&] {
        return std::make_shared<Door>(Door::Settings{.export_name = "disk", .record_path = ""},
                                      BootTokens(), lab.loop.get(), *lab.pool, lab.log);
    });
    Export::Seat seat;
    const auto one = doors.at("one");
    const auto ticket = one->enter({.peer = "peer",
                                    .token = "one",
                                    .admit = [&](Export::Seat given) { seat = std::move(given); },
                                    .refuse = {},
                                    .shut_down = {},
                                    .look = {},
                                    .probe = {}});
    REQUIRE(seat);
    CHECK(doors.at("two") != one);
    CHECK(doors.size() == 2);
    seat.reset();
    CHECK(doors.at("three"));
    CHECK(doors.size() == 1);

    Client first(lab, "disk");
    Client second(lab, "disk");
    CHECK(first.admitted() != second.admitted());
    second.request(nbd::Command::write, 4096, std::string(4096, '2'));
    second.expect_reply();
    first.request(nbd::Command::write, 4096, std::string(4096, '1'));
    first.expect_reply();
}

TEST_CASE("draining ends a client that waits") {
    Lab lab;
    Client old(lab, "disk");
    const std::string name = old.admitted();
    Blocked slow(lab);
    old.request(nbd::Command::flush, 0);
    lab.settle(20ms);
    Client newer(lab, name);
    CHECK(newer.waits(50ms));
    const auto sessions = lab.sessions;
    for (const auto& [key, session] : sessions) session->drain("the server stops");
    newer.expect_end();
    CHECK(lab.sessions.empty());
    slow.release();
}

TEST_CASE("tokens are on disk before the client is let in") {
    const TemporaryFile record;
    Lab lab(record.path());
    Blocked slow(lab);
    Client first(lab, "disk");
    CHECK(first.waits(50ms));
    CHECK(record.contents().empty());
    slow.release();
    const std::string token = nbd::parse_canonical_name(first.admitted())->boot_token;
    CHECK(record.contents() == "nbd-rootserver boots 1\ncurrent " + token + "\nend\n");
    struct stat status {};
    REQUIRE(::stat(record.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);  // whoever knows the token may take the place
}

TEST_CASE("a client that vanishes while its token is written leaves the place free") {
    const TemporaryFile record;
    Lab lab(record.path());
    Blocked slow(lab);
    {
        Client first(lab, "disk");
        CHECK(first.waits(50ms));
    }
    lab.loop.run_until([&] { return lab.sessions.empty(); });
    Client second(lab, "disk");
    CHECK(second.waits(50ms));
    slow.release();
    second.admitted();
}

TEST_CASE("tokens that cannot be written are a warning, and nobody's boot fails") {
    Lab lab("/nonexistent/x.boots");
    Client first(lab, "disk");
    first.admitted();
    CHECK(lab.lines[0].find("open /nonexistent/x.boots.new: No such file") != std::string::npos);
}

TEST_CASE("a long export name leaves no room for a token, and is served without one") {
    Lab lab;
    const std::string name(4090, 'n');
    lab.table.add(
        name, std::make_shared<Export>(Export::Traits{.name = name, .image_id = "id"},
                                       std::move(*Image::open(lab.file.path(), Access::read_only)),
                                       *lab.pool, lab.log));
    Client client(lab, name);
    CHECK(client.admitted().empty());
}
