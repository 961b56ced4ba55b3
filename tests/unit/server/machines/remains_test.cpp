#include "server/machines/remains.h"

#include <sys/stat.h>

#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/machines/site.h"

using namespace nbdroot::test;
using Catch::Matchers::Contains;
using nbdroot::server::machines::Remains;

namespace {

struct Scene {
    TemporaryDirectory directory;
    BoundedLoop loop;
    std::vector<std::string> lines;
    nbdroot::Log log{nbdroot::Level::info,
                     [this](nbdroot::Level, std::string_view line) { lines.emplace_back(line); }};
    std::optional<Remains> remains{std::in_place, loop.get(), log};

    [[nodiscard]] std::string file(const std::string& name) const {
        std::string path = directory.path() + "/" + name;
        overwrite(path, "data");
        return path;
    }
};

}  // namespace

TEST_CASE("what is left is deleted, and counts for its export until then") {
    Scene scene;
    scene.remains->add("", "debian");
    CHECK(scene.remains->count("debian", "/elsewhere") == 0);
    scene.remains->add(scene.file("1"), "debian");
    scene.remains->add(scene.file("2"), "debian");
    scene.remains->add(scene.file("3"), "");
    scene.remains->add(scene.file("4"));
    CHECK(scene.remains->count("debian", "/elsewhere") == 2);
    CHECK(scene.remains->count("", "/elsewhere") == 1);
    // Nobody knows whose the fourth one was.
    CHECK(scene.remains->count("debian", scene.directory.path()) == 3);
    scene.loop.run_until([&] { return scene.directory.names().empty(); });
    scene.loop.run_until([&] { return scene.remains->count("debian", "/elsewhere") == 0; });
    CHECK(scene.lines.empty());
}

TEST_CASE("what cannot be deleted is said, and the next one is") {
    Scene scene;
    const std::string blocked = scene.directory.path() + "/directory";
    REQUIRE(::mkdir(blocked.c_str(), 0700) == 0);
    scene.remains->add(blocked, "debian");
    scene.remains->add(scene.file("1"), "debian");
    scene.loop.run_until([&] { return scene.remains->count("debian", "/elsewhere") == 0; });
    CHECK(scene.directory.names().empty());
    REQUIRE(scene.lines.size() == 1);
    CHECK_THAT(scene.lines[0], Contains(blocked));
    REQUIRE(::rmdir(blocked.c_str()) == 0);
}

TEST_CASE("the end of the server does not wait for all that is left") {
    Scene scene;
    scene.remains->add(scene.file("1"), "debian");
    const std::string second = scene.file("2");
    scene.remains->add(second, "debian");
    scene.remains.reset();
    CHECK(nbdroot::sys::path_exists(second));
}
