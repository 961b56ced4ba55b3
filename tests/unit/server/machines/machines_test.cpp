#include <sys/resource.h>

#include <csignal>
#include <set>

#include "tests/unit/server/machines/lab.h"

using namespace nbdroot::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using nbdroot::server::machines::info_over;
using nbdroot::server::machines::MachineView;

namespace {

// While it is there no file grows beyond a size.
class SmallFiles {
public:
    explicit SmallFiles(rlim_t bytes) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    SmallFiles(const SmallFiles&) = delete;
    SmallFiles& operator=(const SmallFiles&) = delete;
    ~SmallFiles() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

}  // namespace

TEST_CASE("what clients are told of an overlay before it is there is what it is then") {
    Lab lab;
    const auto guest = lab.admitted("one", "t1");
    CHECK(info_over(*lab.base).transmission_flags == guest->target->info().transmission_flags);
    CHECK(info_over(*lab.base).size_bytes == guest->target->info().size_bytes);
}

TEST_CASE("a new boot of a temporary overlay finds it fresh, one that comes back as it was") {
    Lab lab;
    lab.admitted("one", "t1")->write_first_byte('w');
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.settle();
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.restart();
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    CHECK(lab.admitted("one", "t2")->first_byte() == 'g');
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
    lab.restart();
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
    CHECK(lab.admitted("one", "t2", true)->first_byte() == 'g');
}

TEST_CASE("a new boot of a persistent overlay finds it as it was") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    CHECK(lab.admitted("one", "t2")->first_byte() == 'w');
    lab.restart();
    CHECK(lab.admitted("one", "t3")->first_byte() == 'w');
}

TEST_CASE(
    "a boot whose temporary overlay is not the one that is here is refused, and changes nothing") {
    Lab lab;
    lab.admitted("one", "t1")->write_first_byte('w');
    CHECK_THAT(lab.refused("one", "unknown", true), Contains("that of another boot"));
    CHECK_THAT(lab.refused("two", "unknown", true), Contains("not here"));
    CHECK(lab.site.directory.count(".boots") == 1);
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
}

TEST_CASE("a boot that nobody knows adopts a persistent overlay, if there is one") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    lab.restart();
    REQUIRE(::unlink((lab.machines->views().at(0).path + ".boots").c_str()) == 0);
    CHECK(lab.admitted("one", "unknown", true)->first_byte() == 'w');
    CHECK_THAT(lab.refused("two", "unknown", true), Contains("not here"));
    CHECK(lab.site.directory.count(".boots") == 1);
}

TEST_CASE(
    "a record of boots that is damaged keeps a persistent overlay shut, a temporary one fresh") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    lab.restart();
    const std::string path = lab.machines->views().at(0).path + ".boots";
    overwrite(path, "rubbish");
    CHECK_THAT(lab.refused("one", "t2"), Contains("record of its boots"));
    CHECK_THAT(lab.refused("one", "t1", true), Contains("record of its boots"));
    REQUIRE(::unlink(path.c_str()) == 0);
    CHECK(lab.admitted("one", "t2")->first_byte() == 'w');

    Lab other;
    other.admitted("one", "t1")->write_first_byte('w');
    other.restart();
    overwrite(other.machines->views().at(0).path + ".boots", "rubbish");
    CHECK_THAT(other.refused("one", "t1", true), Contains("record of its boots"));
    CHECK(other.admitted("one", "t2")->first_byte() == 'g');
}

TEST_CASE("an image that was replaced is served on to overlays that were begun on it") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    const auto golden = lab.base;
    lab.base = lab.export_of(lab.site.newer, "newer");
    lab.configure();
    CHECK(lab.machines->image_ids() == std::set<std::string>{"golden"});
    lab.settle();
    CHECK_THAT(lab.refused("one", "t2"), Contains("image golden, which is not here any more"));
    lab.table.keep_former("debian", golden);
    const auto guest = lab.admitted("one", "t3");
    CHECK(guest->first_byte() == 'w');
    CHECK(guest->target->image_id() == "golden");
    CHECK(lab.machines->views().at(0).on_former);
    CHECK(lab.admitted("two", "t1")->first_byte() == 'n');
    CHECK(lab.machines->own_base(*lab.policy(), "one") == golden);
    CHECK(lab.machines->own_base(*lab.policy(), "two") == lab.base);
}

TEST_CASE("what operators see") {
    Lab lab;
    lab.overlay.quota_bytes = 1 << 20;
    lab.configure();
    const auto guest = lab.admitted("one", "0123456789");
    guest->write_first_byte('w');
    const auto views = lab.machines->views();
    REQUIRE(views.size() == 1);
    const MachineView& view = views[0];
    CHECK(view.export_name == "debian");
    CHECK(view.machine == "one");
    CHECK(view.kind == OverlayKind::temporary);
    CHECK(view.image_id == "golden");
    CHECK_FALSE(view.on_former);
    CHECK(view.used_bytes == 4096);
    CHECK(view.quota_bytes == 1 << 20);
    CHECK(view.connected);
    CHECK(view.peer == "peer");
    CHECK(view.boot_token == "01234567");
    CHECK(view.path.starts_with(lab.site.directory.path() + "/temporary-"));
}

TEST_CASE("what is said of an overlay's quota names its machine") {
    Lab lab;
    lab.overlay.quota_bytes = 40960;
    lab.configure();
    const auto guest = lab.admitted("one", "t1");
    REQUIRE(guest->target->write_now(0, nbdroot::Bytes(9 * 4096)));
    REQUIRE(guest->target->write_now(40960, nbdroot::Bytes(2 * 4096)));
    REQUIRE(lab.lines.size() == 2);
    CHECK_THAT(lab.lines[0], StartsWith("machine 'debian/one': its overlay has 36.0 KiB"));
    CHECK_THAT(lab.lines[1], StartsWith("machine 'debian/one': write: the overlay's quota"));
}

TEST_CASE("a boot that runs on over a crash of the host hears of it once, a new one never") {
    const auto kind = GENERATE(OverlayKind::temporary, OverlayKind::persistent);
    Lab lab(kind);
    lab.admitted("one", "t1")->write_first_byte('w');
    lab.settle();
    const auto losses = [&](const std::string& token, bool returns = true) {
        const auto guest = lab.admitted("one", token, returns);
        return guest->target->losses().count();
    };
    lab.restart_host(Lab::Host::stops_in_order);
    CHECK(losses("t1") == 0);
    CHECK(lab.lines.empty());
    lab.settle();
    lab.restart_host(Lab::Host::crashes);
    CHECK(losses("t1") == 1);
    REQUIRE(lab.lines.size() == 1);
    CHECK_THAT(lab.lines[0], Contains("machine 'debian/one'") && Contains("next flush fails"));
    // It has not asked yet.
    lab.settle();
    {
        const auto guest = lab.admitted("one", "t1", true);
        CHECK(guest->target->losses().known_to("t1") == 0);
        CHECK(guest->target->losses().count() == 1);
        guest->target->losses().tell("t1");
    }
    lab.settle();
    CHECK(losses("t1") == 0);
    CHECK(lab.lines.size() == 1);
    lab.settle();
    lab.restart_host(Lab::Host::crashes);
    CHECK(losses("t2", false) == 0);
    CHECK(lab.lines.size() == 1);
}

TEST_CASE("an overlay that cannot be read may need any image") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1");
    lab.settle();
    CHECK(lab.machines->image_ids() == std::set<std::string>{"golden"});
    const std::string path = lab.machines->views().at(0).path;
    overwrite(path + ".map", "rubbish");
    lab.begin_machines();
    lab.loop.run_until([&] { return !lab.lines.empty(); });
    CHECK_THAT(lab.lines.back(), Contains(path + ".map"));
    CHECK_FALSE(lab.machines->image_ids());
    REQUIRE(::unlink((path + ".map").c_str()) == 0);
    lab.machines->heed_exports();  // as after a reload
    lab.loop.run_until([&] { return lab.machines->image_ids().has_value(); });
}

TEST_CASE("a boot that cannot be written down does not come in, and displaces nobody") {
    const auto kind = GENERATE(OverlayKind::temporary, OverlayKind::persistent);
    Lab lab(kind);
    lab.admitted("one", "t1")->write_first_byte('w');
    const std::string blocked = lab.machines->views().at(0).path + ".boots.new";
    REQUIRE(::mkdir(blocked.c_str(), 0700) == 0);
    CHECK_THAT(lab.refused("one", "t2"), Contains(".boots.new"));
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.restart();
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    CHECK_THAT(lab.refused("two", "t3", true), Contains("not here"));
    REQUIRE(::rmdir(blocked.c_str()) == 0);
    lab.admitted("one", "t2");
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
}

TEST_CASE("a search that is older than the end of an overlay does not bring it back") {
    Lab lab(OverlayKind::persistent);
    const auto machine = lab.admitted("one", "t1")->machine;
    const nbdroot::server::machines::FoundOverlay seen{
        .stem = machine->stem(), .owner = machine->owner(), .image_id = "golden"};
    lab.settle();
    const nbdroot::Instant before = lab.loop.get().now();
    REQUIRE(lab.drop("one"));
    machine->found(seen, before);
    CHECK_FALSE(machine->exists());
    // The end was at that instant, or before.
    const nbdroot::Instant after = lab.loop.get().now();
    lab.loop.run_until([&] { return lab.loop.get().now() > after; });
    machine->found(seen, lab.loop.get().now());  // by whose hand ever it has come back
    CHECK(machine->exists());
    CHECK(lab.drop("one").error().code == ENOENT);
    CHECK_FALSE(machine->exists());
}

TEST_CASE("what has ever been a directory of overlays is looked into, or nothing is known") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1");
    lab.settle();
    const TemporaryDirectory other;
    lab.overlay.directory = other.path();
    lab.restart();
    CHECK(lab.machines->image_ids() == std::set<std::string>{"golden"});
    CHECK(lab.machines->views().size() == 1);
    const std::string hidden = lab.site.directory.path();
    lab.record = other.path() + "/record";
    REQUIRE(nbdroot::sys::replace_file(lab.record, hidden + "/gone\n"));
    lab.begin_machines();
    lab.loop.run_until([&] { return !lab.lines.empty(); });
    CHECK_THAT(lab.lines.back(), Contains("/gone") && Contains("former images are all kept"));
    CHECK_FALSE(lab.machines->image_ids());
}

TEST_CASE("a machine whose overlay has ended is remembered until searches before that are over") {
    Lab lab(OverlayKind::persistent);
    std::weak_ptr<Machine> machine = lab.admitted("one", "t1")->machine;
    lab.settle();
    REQUIRE(lab.drop("one"));
    const TemporaryDirectory other;
    lab.overlay.directory = other.path();
    lab.configure();
    lab.machines->heed_exports();
    lab.machines->look();
    CHECK_FALSE(machine.expired());
    lab.loop.run_until([&] {
        lab.machines->look();
        return machine.expired();
    });
}

TEST_CASE("an overlay that cannot be begun leaves nothing, and counts as none") {
    Lab lab(GENERATE(OverlayKind::temporary, OverlayKind::persistent));
    {
        const SmallFiles limit(Site::kImageBytes - 1);
        CHECK_THAT(lab.refused("one", "t1"), Contains("File too large"));
    }
    CHECK(lab.site.directory.count(".data") == 0);
    CHECK(lab.machines->views().empty());
}

TEST_CASE("what an overlay that could not be begun has left is known, and can be dropped") {
    Lab lab(GENERATE(OverlayKind::temporary, OverlayKind::persistent));
    const std::string stem = stem_of(lab.site.directory.path(), owner_of("one", lab.overlay.kind));
    const std::string blocked = stem + ".map.new";
    REQUIRE(::mkdir(blocked.c_str(), 0700) == 0);
    lab.refused("one", "t1");
    REQUIRE(lab.site.directory.count(".data") == 1);
    CHECK(lab.machines->views().size() == 1);
    REQUIRE(::rmdir(blocked.c_str()) == 0);
    CHECK(lab.drop("one"));
    CHECK(lab.site.directory.count(".data") == 0);
    CHECK(lab.machines->views().empty());
}

TEST_CASE("a boot whose overlay could not be opened displaces nobody") {
    Lab lab(GENERATE(OverlayKind::temporary, OverlayKind::persistent));
    lab.admitted("one", "t1")->write_first_byte('w');
    lab.settle();
    const std::string stem = lab.machines->views().at(0).path;
    {
        const auto held = lab.hold(stem);
        const auto guest = lab.visit("one", "t2");
        CHECK_THAT(guest->refusal, Contains("locked by another process"));
        lab.loop.run_until([&] { return guest->machine->door()->is_deserted(); });
    }
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.restart();
    CHECK(lab.admitted("one", "t1", true)->first_byte() == 'w');
    lab.admitted("one", "t3");
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
}

TEST_CASE("a boot stays out if it cannot be written down that nobody has displaced it") {
    Lab lab(OverlayKind::persistent);
    lab.admitted("one", "t1")->write_first_byte('w');
    lab.settle();
    const std::string stem = lab.machines->views().at(0).path;
    const std::string blocked = stem + ".boots.new";
    {
        const auto held = lab.hold(stem);
        lab.on_turned_away = [&] { REQUIRE(::mkdir(blocked.c_str(), 0700) == 0); };
        lab.refused("one", "t2");
        lab.loop.run_until([&] { return !lab.lines.empty(); });
        CHECK_THAT(lab.lines.back(), Contains(".boots.new") && Contains("stays out"));
    }
    CHECK_THAT(lab.refused("one", "t1", true), Contains("stale for good"));
    REQUIRE(::rmdir(blocked.c_str()) == 0);
    lab.on_turned_away = nullptr;
    CHECK(lab.admitted("one", "t3")->first_byte() == 'w');
}
