#include <cerrno>
#include <thread>

#include "tests/unit/server/machines/lab.h"

using namespace nbdroot::test;
using Catch::Matchers::Contains;

TEST_CASE("the files of a machine are closed when its last client has gone") {
    Lab lab;
    auto guest = lab.admitted("one", "t1");
    CHECK(lab.machines->targets().size() == 1);
    lab.machines->look();
    CHECK(lab.machines->targets().size() == 1);
    guest.reset();
    lab.settle();
    CHECK(lab.machines->targets().empty());
    CHECK(lab.machines->views().size() == 1);
    // Another process may have them.
    CHECK(open_overlay(lab.site.opening(Wish::same, owner_of("one"))));
}

TEST_CASE("a client that leaves while its overlay is opened leaves nothing locked") {
    Lab lab;
    lab.begin("one", "t1").reset();
    lab.settle();
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
}

TEST_CASE("a temporary overlay ends when it has lingered, a persistent one never does") {
    Lab lab;
    lab.admitted("one", "t1");
    lab.settle();
    CHECK(lab.machines->views().size() == 1);
    lab.overlay.linger = 0s;
    lab.configure();
    lab.loop.run_until([&] {
        lab.machines->look();
        return lab.machines->views().empty();
    });
    lab.wait_for_remains();
    CHECK(lab.site.directory.names().empty());
    CHECK_THAT(lab.lines.back(), Contains("'debian/one'") && Contains("overlay-linger"));
    CHECK_THAT(lab.refused("one", "t1", true), Contains("not here"));

    Lab other(OverlayKind::persistent);
    other.overlay.linger = 0s;
    other.configure();
    other.admitted("one", "t1");
    other.settle();
    CHECK(other.machines->views().size() == 1);
}

TEST_CASE("while somebody is in nothing lingers") {
    Lab lab;
    lab.overlay.linger = 0s;
    lab.configure();
    const auto guest = lab.admitted("one", "t1");
    for (int i = 0; i < 10; ++i) lab.machines->look();
    CHECK(guest->first_byte() == 'g');
    CHECK(lab.site.directory.count(".map") == 1);
}

TEST_CASE("there are no more overlays than allowed, but those that are there come in") {
    Lab lab;
    lab.overlay.maximum_overlays = 2;
    lab.configure();
    lab.admitted("one", "t1");
    const auto inside = lab.admitted("", "token of a boot");
    CHECK_THAT(lab.refused("three", "t3"), Contains("machine 'debian/three'") &&
                                               Contains("all the 2 overlays") &&
                                               Contains("max-overlays"));
    CHECK(lab.site.directory.count(".boots") == 1);
    lab.admitted("one", "t2");
    lab.restart();
    CHECK_THAT(lab.refused("three", "t3"), Contains("max-overlays"));
    // What has yet to be deleted takes its room all the same.
    std::unique_ptr<Guest> three;
    std::string refusal;
    lab.machines->drop("debian", "one", [&](const auto& dropped) {
        CHECK(dropped);
        three = lab.begin("three", "t3");
        refusal = three->refusal;
    });
    lab.loop.run_until([&] { return three != nullptr; });
    CHECK_THAT(refusal, Contains("max-overlays"));
    lab.loop.run_until([&] {
        three = lab.begin("three", "t3");
        return three->refusal.empty();
    });
    lab.loop.run_until([&] { return three->is_decided(); });
    CHECK(three->target);
}

TEST_CASE("a newcomer waits until it is known how many overlays there are") {
    Lab lab;
    lab.overlay.maximum_overlays = 2;
    lab.configure();
    lab.admitted("one", "t1");
    lab.admitted("two", "t2");
    lab.settle();
    SECTION("those that are there count") {}
    SECTION("what is yet to be deleted counts, too") {
        REQUIRE(lab.drop("two"));
        lab.wait_for_remains();
        overwrite(lab.site.directory.path() + "/temporary-2.gone.1", "left by a server before");
    }
    lab.begin_machines();
    const auto three = lab.begin("three", "t3");
    const auto one = lab.begin("one", "t4");
    lab.loop.run_until([&] { return three->is_decided() && one->is_decided(); });
    CHECK_THAT(three->refusal, Contains("max-overlays"));
    CHECK(one->target);
    lab.wait_for_remains();
}

TEST_CASE("what a boot replaces is deleted behind its back, and what a server before has left") {
    Lab lab;
    lab.admitted("one", "t1")->write_first_byte('1');
    {
        const auto guest = lab.admitted("one", "t2");
        CHECK(guest->first_byte() == 'g');
        lab.wait_for_remains();
        CHECK(lab.site.directory.names().size() == 3);
    }
    overwrite(lab.machines->views().at(0).path + ".gone.3", "left");
    lab.restart();
    lab.wait_for_remains();
    CHECK(lab.admitted("one", "t2", true)->first_byte() == 'g');
}

TEST_CASE("a boot that would put aside more than its share waits, and displaces nobody") {
    Lab lab;
    lab.admitted("one", "t1")->write_first_byte('1');
    const std::string stem = lab.machines->views().at(0).path;
    for (const char* number : {"1", "2", "3", "4"}) overwrite(stem + ".gone." + number, "");
    {
        const auto guest = lab.visit("one", "t2");
        CHECK_THAT(guest->refusal, Contains("have yet to be deleted"));
        lab.loop.run_until([&] { return guest->machine->door()->is_deserted(); });
    }
    CHECK(lab.admitted("one", "t1", true)->first_byte() == '1');
    REQUIRE(::unlink((stem + ".gone.2").c_str()) == 0);
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
}

TEST_CASE("a temporary overlay ends as it was to, whatever has become of its export") {
    Lab lab;
    lab.overlay.linger = 0s;
    lab.configure();
    lab.admitted("one", "t1");
    SECTION("it has gone") { lab.table = {}; }
    SECTION("its overlays are persistent now") {
        lab.overlay.kind = OverlayKind::persistent;
        lab.overlay.linger = 24h;
        lab.configure();
    }
    lab.loop.run_until([&] {
        lab.machines->look();
        return lab.machines->views().empty();
    });
}

TEST_CASE("boots of machines without names have overlays of their own") {
    Lab lab;
    lab.admitted("", "first token")->write_first_byte('1');
    lab.admitted("", "other token")->write_first_byte('2');
    CHECK(lab.admitted("", "first token", true)->first_byte() == '1');
    lab.restart();
    CHECK(lab.admitted("", "other token", true)->first_byte() == '2');
    CHECK_THAT(lab.refused("", "unknown token", true), Contains("not here"));
    CHECK(lab.machines->views().size() == 2);
    CHECK(lab.machines->views()[0].machine.empty());
}

TEST_CASE("a client that will never know its token takes its overlay along") {
    Lab lab;
    auto guest = std::make_unique<Guest>();
    lab.enter(guest.get(), {.policy = lab.policy(),
                            .boot_token = "nobody knows",
                            .base = lab.base,
                            .peer = "peer",
                            .guest = guest->alive});
    lab.loop.run_until([&] { return guest->is_decided(); });
    REQUIRE(guest->target);
    CHECK(lab.site.directory.count(".map") == 1);
    guest.reset();
    lab.loop.run_until([&] { return lab.machines->views().empty(); });
    lab.wait_for_remains();
    CHECK(lab.site.directory.names().empty());
}

TEST_CASE("a reset is done at the next boot, and not to the one that runs") {
    Lab lab(OverlayKind::persistent);
    {
        const auto guest = lab.admitted("one", "t1");
        guest->write_first_byte('w');
        REQUIRE(lab.reset("one"));
        CHECK(lab.machines->views().at(0).reset_pending);
        CHECK(guest->first_byte() == 'w');
    }
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.restart();
    CHECK(lab.machines->views().at(0).reset_pending);
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
    CHECK_FALSE(lab.machines->views().at(0).reset_pending);
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
}

TEST_CASE("a reset is done at the next boot though the boot before was back before the search") {
    Lab lab(OverlayKind::persistent);
    {
        const auto guest = lab.admitted("one", "t1");
        guest->write_first_byte('w');
        REQUIRE(lab.reset("one"));
    }
    lab.settle();
    lab.begin_before_search();
    const bool searches_meanwhile = GENERATE(false, true);
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    CHECK(lab.machines->views().at(0).reset_pending);
    if (searches_meanwhile) {
        lab.machines->heed_exports();
        lab.loop.run_until([&] { return lab.machines->image_ids().has_value(); });
        CHECK(lab.machines->views().at(0).reset_pending);
    }
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
    CHECK_FALSE(lab.machines->views().at(0).reset_pending);
}

TEST_CASE("an overlay that is open is given up if its files say so, whatever memory says") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    REQUIRE(mark_for_reset(lab.machines->views().at(0).path));
    REQUIRE(lab.machines->targets().size() == 1);
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
}

TEST_CASE("a reset of what is not there, or is fresh anyway, is refused with the reason") {
    Lab lab;
    CHECK_THAT(lab.reset("one").error().reason, Contains("fresh at the machine's next boot"));
    Lab other(OverlayKind::persistent);
    CHECK_THAT(other.reset("one").error().reason, Contains("machine 'debian/one' has no overlay"));
    CHECK(other.site.directory.names().empty());
}

TEST_CASE("an overlay is not dropped under a client") {
    Lab lab(OverlayKind::persistent);
    auto guest = lab.admitted("one", "t1");
    guest->write_first_byte('w');
    CHECK_THAT(lab.drop("one").error().reason, Contains("is connected: peer"));
    CHECK(guest->first_byte() == 'w');
    guest.reset();
    REQUIRE(lab.drop("one"));
    CHECK(lab.machines->views().empty());
    CHECK_THAT(lab.refused("one", "t1", true), Contains("not here"));
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
}

TEST_CASE("an overlay is not dropped while its boot, which lost its connection, may come back") {
    Lab lab(OverlayKind::persistent);
    {
        const auto guest = lab.admitted("one", "t1");
        guest->write_first_byte('w');
        guest->seat->set_parting(Lease::Parting::may_return);
    }
    const auto dropped = lab.drop("one");
    REQUIRE_FALSE(dropped);
    CHECK(dropped.error().code == EAGAIN);
    CHECK_THAT(dropped.error().reason, Contains("may come back within 3 s"));
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');  // it leaves for good
    CHECK(lab.drop("one"));
}

TEST_CASE("a drop that fails gives nothing up") {
    Lab lab(OverlayKind::persistent);
    const bool was_reset = GENERATE(false, true);
    lab.admitted("one", "t1")->write_first_byte('1');
    const std::string stem = lab.machines->views().at(0).path;
    if (was_reset) REQUIRE(lab.reset("one"));
    for (const char* number : {"1", "2", "3", "4"}) overwrite(stem + ".gone." + number, "");
    CHECK(lab.drop("one").error().code == EAGAIN);
    CHECK(lab.machines->views().at(0).reset_pending == was_reset);
    CHECK(nbdroot::sys::path_exists(reset_path(stem)) == was_reset);
    CHECK(lab.admitted("one", "t1", true)->first_byte() == '1');
    REQUIRE(::unlink((stem + ".gone.2").c_str()) == 0);
    CHECK(lab.admitted("one", "t2")->first_byte() == (was_reset ? 'g' : '1'));
}

TEST_CASE("a drop that fails half way says that a reset is pending") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('1');
    const std::string stem = lab.machines->views().at(0).path;
    REQUIRE(::mkdir((stem + ".map.new").c_str(), 0700) == 0);
    CHECK_FALSE(lab.drop("one"));
    CHECK(lab.machines->views().at(0).reset_pending);
    REQUIRE(::rmdir((stem + ".map.new").c_str()) == 0);
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
}

TEST_CASE("a boot that comes while the overlay before it is dropped is remembered") {
    Lab lab;
    lab.admitted("one", "t1");
    std::optional<nbdroot::Result<void>> dropped;
    std::unique_ptr<Guest> guest;
    const auto drop = [&] {
        lab.machines->drop("debian", "one", [&](const auto& result) { dropped = result; });
    };
    SECTION("after the order") {
        drop();
        guest = lab.begin("one", "t2");
        lab.loop.run_until([&] { return dropped && guest->is_decided(); });
        CHECK(*dropped);
    }
    SECTION("before it") {
        lab.restart();
        guest = lab.begin("one", "t2");
        drop();
        lab.loop.run_until([&] { return dropped.has_value(); });
        CHECK_FALSE(*dropped);
        lab.loop.run_until([&] { return guest->is_decided(); });
    }
    REQUIRE(guest->target);
    guest->write_first_byte('2');
    guest.reset();
    lab.settle();
    CHECK(lab.site.directory.count(".boots") == 1);
    lab.restart();
    CHECK(lab.admitted("one", "t2", true)->first_byte() == '2');
}

TEST_CASE("the export of a machine goes on the thread that its timers belong to") {
    Lab lab;
    std::optional<std::thread::id> ended;
    {
        const auto guest = lab.admitted("one", "t1");
        guest->target->wait_for_room([] {});
        guest->target->keep(std::shared_ptr<const void>(
            &lab, [&](const void*) { ended = std::this_thread::get_id(); }));
    }
    lab.settle();
    lab.loop.run_until([&] { return ended.has_value(); });
    CHECK(*ended == std::this_thread::get_id());
}

TEST_CASE("an overlay whose last use does not end is not dropped, and keeps no machine") {
    Lab lab;
    lab.closing_limit = 50ms;
    lab.restart();
    auto guest = lab.admitted("one", "t1");
    const std::weak_ptr<Machine> machine = guest->machine;
    const auto used = guest->target->disk().overlay();
    guest.reset();
    CHECK(lab.drop("one").error().code == EAGAIN);
    lab.settle();
    lab.machines.reset();
    lab.loop.run_until([&] { return machine.expired(); });
}

TEST_CASE("an overlay without a name is dropped by the last part of its path") {
    Lab lab;
    lab.admitted("", "first token");
    const std::string path = lab.machines->views().at(0).path;
    REQUIRE(lab.drop(path.substr(path.rfind('/') + 1)));
    lab.wait_for_remains();
    CHECK(lab.site.directory.names().empty());
    CHECK_FALSE(lab.drop(""));
}
