#include "server/promote/formers.h"

#include "lib/base/text.h"
#include "lib/sys/file_names.h"
#include "server/promote/decision.h"
#include "server/promote/former_name.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/promote/image_files.h"

using namespace nbdroot;
using namespace nbdroot::server;
using namespace nbdroot::server::promote;
using export_::Export;
using export_::ExportTable;
using test::BoundedLoop;
using test::ImageFiles;
using Names = std::vector<std::string>;

namespace {

// Export "x" has image "a"; overlays need what OVERLAYS says.
struct Fixture {
    BoundedLoop loop;
    ImageFiles files;
    std::vector<std::string> lines;
    Log log{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    std::unique_ptr<storage::WorkerPool> pool = *storage::WorkerPool::start(loop.get(), 1);
    ExportTable table;
    session::Surroundings surroundings{.loop = loop.get(), .exports = table, .log = log};
    session::Clients clients{surroundings};
    std::optional<std::set<std::string>> overlays = std::set<std::string>{};
    Formers formers{Formers::World{.loop = loop.get(),
                                   .log = log,
                                   .pool = *pool,
                                   .exports = table,
                                   .clients = clients,
                                   .overlays = [this] { return overlays; }}};

    explicit Fixture(config::OverlayKind kind = config::OverlayKind::temporary) {
        files.make("a", "now");
        table.add("x", open("a", "a"), policy(kind));
    }

    [[nodiscard]] static std::shared_ptr<const admission::Policy> policy(config::OverlayKind kind) {
        config::ExportConfig wanted{.name = "x", .path = "", .read_only = true};
        wanted.overlay.kind = kind;
        wanted.overlay.linger = std::chrono::seconds(0);
        return admission::make_policy(wanted);
    }

    std::shared_ptr<Export> open(const std::string& name, const std::string& id) {
        return std::make_shared<Export>(Export::Traits{.name = "x", .image_id = id},
                                        files.open(name), *pool, log);
    }

    std::shared_ptr<Export> keep(const std::string& name) {
        files.make(name, name);
        auto one = open(name, name);
        formers.keep("x", one, files.path(name));
        return one;
    }

    [[nodiscard]] std::size_t count() const { return table.entries().front().former.size(); }

    // For a few looks.
    void wait() {
        bool is_over = false;
        const auto end = loop.get().timer([&] { is_over = true; });
        end->arm(loop.get().now() + std::chrono::milliseconds(300));
        loop.run_until([&] { return is_over; });
    }
};

}  // namespace

TEST_CASE("a former image that nobody needs is given up, and its file removed") {
    Fixture test;
    test.keep("b");
    CHECK(test.table.find("x@b.token"));
    test.loop.run_until([&] { return test.lines.size() == 1; });
    CHECK(test.lines[0] == cat("export 'x': former image b: nobody needs it any more; ",
                               test.files.path("b"), " removed"));
    CHECK(test.count() == 0);
    CHECK(test.files.names() == Names{"a"});
    CHECK_FALSE(test.formers.is_removing());
}

TEST_CASE("without overlays now a former image is kept for those that there were, or may be") {
    Fixture test(config::OverlayKind::none);
    test.overlays = GENERATE(std::optional<std::set<std::string>>(),
                             std::optional<std::set<std::string>>({"c"}));
    test.keep("c");
    test.keep("b");
    test.wait();
    CHECK(test.table.find("x@c.token"));
    CHECK(test.count() == (test.overlays ? 1U : 2U));
    CHECK(test.files.names() == (test.overlays ? Names{"a", "c"} : Names{"a", "b", "c"}));
}

TEST_CASE("a former image is kept while an overlay needs it, or may") {
    Fixture test(config::OverlayKind::persistent);
    test.overlays = GENERATE(std::optional<std::set<std::string>>(),
                             std::optional<std::set<std::string>>({"b"}));
    test.keep("b");
    test.keep("c");
    test.wait();
    CHECK(test.count() == (test.overlays ? 1U : 2U));
    CHECK(::access(test.files.path("b").c_str(), F_OK) == 0);
    test.overlays = std::set<std::string>{};
    test.formers.hold();
    test.formers.release();  // looks
    test.loop.run_until([&] { return test.lines.size() == 2; });
    CHECK(test.files.names() == Names{"a"});
}

TEST_CASE("a former image that somebody on the way in holds is kept") {
    Fixture test;
    auto held = test.keep("b")->shared_image();
    test.wait();
    CHECK(test.count() == 1);
    held.reset();
    test.loop.run_until([&] { return test.count() == 0; });
}

TEST_CASE("nothing is removed while names are being changed") {
    Fixture test;
    test.formers.hold();
    test.keep("b");
    test.wait();
    CHECK(test.count() == 1);
    test.formers.release();
    test.loop.run_until([&] { return test.count() == 0; });
}

TEST_CASE("a file that has taken the name of a former image is not removed with it") {
    Fixture test;
    test.keep("b");
    test.files.make("c", "another");
    REQUIRE(sys::rename_file(test.files.path("c"), test.files.path("b")));
    test.loop.run_until([&] { return test.lines.size() == 1; });
    CHECK(test.lines[0].find("another file lies there, left alone") != std::string::npos);
    CHECK(test.files.contents("b") == "another");
}

TEST_CASE("of images that were replaced by hand the last eight are kept") {
    Fixture test;
    for (int i = 0; i < 10; ++i) {
        test.formers.keep("x", test.open("a", cat("was", i)), i == 0 ? test.files.path("b") : "");
    }
    test.formers.keep("another", test.open("a", "x"), "");
    CHECK(test.table.find("x@was9.token"));
    CHECK(test.table.find("x@was2.token"));
    CHECK_FALSE(test.table.find("x@was1.token"));
    CHECK(test.table.find("x@was0.token"));  // has a name
    CHECK_FALSE(test.table.find("x@x.token"));
}

TEST_CASE("an image under overlays that is replaced by hand gets a name while it has one") {
    Fixture test(config::OverlayKind::persistent);
    test.overlays = std::set<std::string>{"a"};
    const bool is_named = GENERATE(true, false);
    const auto before = test.table.entries();
    if (is_named) {
        REQUIRE(sys::link_file(test.files.path("a"), test.files.path("elsewhere")));
    }
    test.files.make("b", "new");
    REQUIRE(sys::rename_file(test.files.path("b"), test.files.path("a")));
    ExportTable next;
    next.add("x", test.open("a", "b"), Fixture::policy(config::OverlayKind::persistent));
    test.table = std::move(next);
    test.formers.keep_older(before, {});
    test.loop.run_until([&] { return !test.lines.empty(); });
    CHECK(test.table.find("x@a.token"));
    CHECK(test.formers.path_of(*before.front().target) ==
          (is_named ? former_path(test.files.path("a"), "a") : ""));
    const char* const expected =
        is_named ? "is kept as" : "was replaced by hand and cannot be kept";
    CHECK(test.lines[0].find(expected) != std::string::npos);
}

TEST_CASE("what can be promoted is decided from the table") {
    Fixture test;
    const auto path_of = [&](const Export& one) { return test.formers.path_of(one); };
    const auto refusal = [&](const std::string& name) {
        const auto decision = decide(test.table, {.export_name = name, .new_path = "/b"}, path_of);
        return decision ? "" : decision.error().reason;
    };
    CHECK(decide(test.table, {.export_name = "x"}, path_of).error().reason ==
          "there is no former image to go back to");
    test.keep("b");
    const auto back = decide(test.table, {.export_name = "x"}, path_of);
    REQUIRE(back);
    CHECK(back->swap.new_path == test.files.path("b"));
    CHECK(back->swap.image_path == test.files.path("a"));
    CHECK(back->swap.present_id == "a");
    CHECK(back->exports == Names{"x"});
    REQUIRE(back->swap.formers.size() == 1);

    test.table.add("y", test.open("a", "a"), Fixture::policy(config::OverlayKind::none));
    CHECK(decide(test.table, {.export_name = "y"}, path_of).error().reason ==
          "there is no former image to go back to");
    CHECK(decide(test.table, {.export_name = "x"}, path_of)->exports == Names{"x", "y"});

    config::ExportConfig own{.name = "own", .path = "", .read_only = true, .image_id = "own"};
    test.table.add("own", test.open("a", "own"), admission::make_policy(own));
    CHECK(refusal("own").starts_with("image-id gives every image that it has the same id"));
    CHECK(refusal("x").starts_with("image-id"));  // which has the same image
    CHECK(refusal("none") == "there is none of that name");
}

TEST_CASE("a former image of another export is not promoted") {
    Fixture test;
    const auto path_of = [&](const Export& one) { return test.formers.path_of(one); };
    const std::string id(32, '0');
    const auto asked = [&](const std::string& path) {
        return decide(test.table, {.export_name = "x", .new_path = path}, path_of);
    };
    CHECK(asked(former_path("/srv/a", id)));  // its own: as rollback
    const auto refused = asked(former_path("/srv/b", id));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason.starts_with("is named as a former image of another one"));
    test.files.make("other", "other");
    test.table.add("y", test.open("other", "y"), Fixture::policy(config::OverlayKind::temporary));
    test.files.make("was", "was");
    const auto was = test.open("was", "was");
    test.formers.keep("y", was, test.files.path("was"));
    const auto decision = asked(test.files.path("was"));
    REQUIRE(decision);
    REQUIRE(decision->swap.others.size() == 2);
    CHECK(decision->swap.others[1].export_name == "y");
    CHECK(decision->swap.others[1].file.same_file(was->image().opened_as()));
}

TEST_CASE("more former images than a server should open are refused") {
    Fixture test;
    test.formers.hold();
    for (std::size_t i = 0; i < Formers::kMostNamed; ++i) {
        test.formers.keep("x", test.open("a", cat("was", i)), cat("/f", i));
    }
    const std::string last = cat("/f", Formers::kMostNamed - 1);
    const auto path_of = [&](const Export& one) { return test.formers.path_of(one); };
    const auto decision = decide(test.table, {.export_name = "x", .new_path = "/b"}, path_of);
    CHECK(decision.error().reason.starts_with("it has 64 former images, and no more are kept"));
    const auto back = decide(test.table, {.export_name = "x"}, path_of);
    REQUIRE(back);  // which is then no former one
    CHECK(back->swap.new_path == last);
}
