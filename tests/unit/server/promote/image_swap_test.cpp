#include "server/promote/image_swap.h"

#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/text.h"
#include "lib/sys/fd.h"
#include "lib/sys/file_names.h"
#include "server/promote/former_files.h"
#include "server/promote/former_name.h"
#include "server/promote/former_removal.h"
#include "tests/unit/server/promote/image_files.h"

using namespace nbdroot;
using namespace nbdroot::server::promote;
using test::ImageFiles;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kSameId =
    ". If its contents differ, then only where the id does not look, and boots of both could not "
    "be "
    "told apart: give it another UUID (tune2fs -U random) or disk identifier (sfdisk --disk-id)";

// "a" is served, "b" shall take its place.
struct Fixture {
    ImageFiles files;
    SwapOrder order;
    std::string former;  // what "a" is called then

    Fixture() {
        files.make("a", "old");
        files.make("b", "new");
        order = {.image_path = files.path("a"),
                 .new_path = files.path("b"),
                 .present = files.open("a").opened_as(),
                 .present_id = files.id("a")};
        former = name_of(former_path("a", order.present_id));
    }

    std::string refusal() const {
        const auto swapped = swap_image(order);
        REQUIRE_FALSE(swapped);
        return swapped.error().reason;
    }
};

}  // namespace

TEST_CASE("the new image takes the name, and the old one keeps another") {
    Fixture test;
    test.order.exports = 2;
    const auto swapped = swap_image(test.order);
    REQUIRE(swapped);
    CHECK(test.files.names() == Names{"a", test.former});
    CHECK(test.files.contents("a") == "new");
    CHECK(test.files.contents(test.former) == "old");
    CHECK(swapped->former_path == test.files.path(test.former));
    CHECK(swapped->image_id == test.files.id("a"));
    CHECK(swapped->warning.empty());
    REQUIRE(swapped->images.size() == 2);
    CHECK(swapped->images[1].path() == test.files.path("a"));
    CHECK(swapped->images[1].opened_as() == test.files.open("a").opened_as());
}

TEST_CASE("a swap that was cut off between its steps can be done, and leaves nothing behind") {
    Fixture test;
    REQUIRE(sys::link_file(test.files.path("a"), test.files.path(test.former)));
    SECTION("again") {
        REQUIRE(swap_image(test.order));
        CHECK(test.files.names() == Names{"a", test.former});
        CHECK(test.files.contents(test.former) == "old");
    }
    SECTION("or not at all") {
        const auto found = find_former_files(test.files.open("a"), {});
        CHECK(found.images.empty());
        CHECK(found.leftovers == Names{test.files.path(test.former)});
        CHECK(found.warnings.empty());
    }
    SECTION("and after its last one it is found") {
        REQUIRE(sys::rename_file(test.files.path("b"), test.files.path("a")));
        const auto found = find_former_files(test.files.open("a"), {});
        CHECK(found.leftovers.empty());
        REQUIRE(found.images.size() == 1);
        CHECK(found.images[0].image_id == test.order.present_id);
        CHECK(found.images[0].image.path() == test.files.path(test.former));
    }
}

TEST_CASE("a name that another server makes of a left over one is not removed") {
    Fixture test;
    const std::string name = test.files.path(test.former);
    REQUIRE(sys::link_file(test.files.path("a"), name));
    REQUIRE(find_former_files(test.files.open("a"), {}).leftovers == Names{name});
    SECTION("it still does") {
        const auto lock = sys::lock_directory(directory_of(name));
        REQUIRE(lock);
        CHECK(remove_leftover(name, test.files.path("a")).error().code == EWOULDBLOCK);
        CHECK(test.refusal() == "another server gives names there just now; ask again");
        CHECK(test.files.contents(test.former) == "old");
    }
    SECTION("it has given the image's to another") {
        REQUIRE(sys::rename_file(test.files.path("b"), test.files.path("a")));
        const auto removed = remove_leftover(name, test.files.path("a"));
        REQUIRE_FALSE(removed);
        CHECK(removed.error().reason == "it is no second name of the image any more, left alone");
        CHECK(test.files.contents(test.former) == "old");
    }
    SECTION("it has none but that") {
        CHECK_FALSE(remove_leftover(name, test.files.path("none")));
        REQUIRE(sys::unlink_file(test.files.path("a")));
        CHECK_FALSE(remove_leftover(name, name));
        CHECK(test.files.contents(test.former) == "old");
    }
    SECTION("or none does") {
        REQUIRE(remove_leftover(name, test.files.path("a")));
        CHECK(test.files.names() == Names{"a", "b"});
    }
}

TEST_CASE("a step that fails takes back the ones before it") {
    Fixture test;
    REQUIRE(::mkdir(test.files.path(test.former).c_str(), 0700) == 0);
    CHECK_FALSE(swap_image(test.order));
    ::rmdir(test.files.path(test.former).c_str());
    CHECK(test.files.names() == Names{"a", "b"});
    CHECK(test.files.contents("a") == "old");
}

TEST_CASE("back and forth, an image has one name at a time") {
    Fixture test;
    auto swapped = swap_image(test.order);
    REQUIRE(swapped);
    for (const char* const expected : {"old", "new", "old"}) {
        const SwapOrder back{.image_path = test.order.image_path,
                             .new_path = swapped->former_path,
                             .present = swapped->images.front().opened_as(),
                             .present_id = swapped->image_id};
        swapped = swap_image(back);
        REQUIRE(swapped);
        CHECK(test.files.contents("a") == expected);
        CHECK(test.files.names().size() == 2);
    }
}

TEST_CASE("files that cannot take the name are refused with the reason") {
    Fixture test;
    SECTION("they are not there") {
        test.order.new_path = test.files.path("none");
        CHECK(test.refusal() == "No such file or directory");
    }
    SECTION("they are links") {
        REQUIRE(::symlink("b", test.files.path("l").c_str()) == 0);
        test.order.new_path = test.files.path("l");
        CHECK(test.refusal() == "a symbolic link; name the file that it leads to");
    }
    SECTION("they are the same file") {
        REQUIRE(sys::link_file(test.files.path("a"), test.files.path("c")));
        test.order.new_path = test.files.path("c");
        CHECK(test.refusal() == "is the image that is served already");
    }
    SECTION("they have the same contents") {
        test.files.make("b", "old");
        CHECK(test.refusal() ==
              cat("has the id of the image that is served, ", test.order.present_id, kSameId));
    }
    SECTION("they have those of a former image") {
        test.order.formers = {{.image_id = test.files.id("b"), .path = "/f", .file = {}}};
        CHECK(test.refusal() ==
              cat("has the id of a former image: promote /f instead if it is a copy of that",
                  kSameId));
    }
    SECTION("another export has them") {
        test.order.others = {{.export_name = "x", .file = test.files.open("b").opened_as()}};
        CHECK(test.refusal() == "is the image of export 'x', which would lose it; promote a copy");
    }
    SECTION("somebody writes them") {
        auto fd = sys::open_file(test.files.path("b"), O_RDWR);
        REQUIRE(fd);
        REQUIRE(::flock(fd->get(), LOCK_EX | LOCK_NB) == 0);
        CHECK(test.refusal() == "another process, or another export, has it open for writing");
    }
    SECTION("they lie elsewhere") {
        test.order.present.device += 1;
        CHECK(test.refusal().starts_with("another file lies there than the one that is served"));
    }
    CHECK(test.files.contents("a") == "old");
    CHECK(::access(test.files.path(test.former).c_str(), F_OK) != 0);
}

TEST_CASE("an image that was replaced by hand meanwhile is not lost to a promotion") {
    Fixture test;
    test.files.make("c", "by hand");
    REQUIRE(sys::rename_file(test.files.path("c"), test.files.path("a")));
    CHECK(test.refusal() == "another file lies there than the one that is served: reload first");
    CHECK(test.files.contents("a") == "by hand");
}

TEST_CASE("a former name that is taken is replaced by what it is a copy of, and by nothing else") {
    Fixture test;
    test.files.make(test.former, "old");
    SECTION("a copy") {
        REQUIRE(swap_image(test.order));
        CHECK(test.files.open(test.former).opened_as().same_file(test.order.present));
    }
    SECTION("something else") {
        test.files.make(test.former, "else");
        CHECK(test.refusal() == "is there already, with contents that are not those of its name");
        CHECK(test.files.contents(test.former) == "else");
        CHECK(test.files.contents("a") == "old");
    }
}

TEST_CASE(
    "the last image that was replaced comes first, and what is not what it says is not used") {
    ImageFiles files;
    files.make("a", "now");
    std::vector<std::string> ids;
    std::int64_t last_ns = 0;
    for (const char* const contents : {"third", "first", "second"}) {
        files.make("x", contents);
        ids.push_back(files.id("x"));
        // Giving it a name is what counts, on a clock that stands still for milliseconds.
        const std::string path = former_path(files.path("a"), ids.back());
        do {
            REQUIRE(sys::rename_file(files.path("x"), path));
            REQUIRE(sys::rename_file(path, files.path("x")));
        } while (sys::names_changed_ns(files.path("x")).value() <= last_ns);
        REQUIRE(sys::rename_file(files.path("x"), path));
        last_ns = sys::names_changed_ns(path).value();
    }
    files.make(name_of(former_path("a", std::string(32, '0'))), "not so");
    const auto found = find_former_files(files.open("a"), {});
    REQUIRE(found.images.size() == 3);
    CHECK(found.images[0].image_id == ids[2]);
    CHECK(found.images[2].image_id == ids[0]);
    REQUIRE(found.warnings.size() == 1);
    CHECK(found.warnings[0].find("its contents have the id") != std::string::npos);
}

TEST_CASE("an id that is known is not computed from the file again") {
    ImageFiles files;
    files.make("a", "now");
    files.make(name_of(former_path("a", std::string(32, '0'))), "big");
    const auto found = find_former_files(files.open("a"), [](const auto&) {
        return std::optional<std::string>(std::string(32, '0'));
    });
    CHECK(found.images.size() == 1);
}
