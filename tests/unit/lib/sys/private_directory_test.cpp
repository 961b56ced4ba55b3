#include "lib/sys/private_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.h"

using nbdroot::sys::Account;
using nbdroot::sys::Missing;
using nbdroot::sys::private_directory;

namespace {

struct Fixture {
    std::string root = "/tmp/nbdroot-private-XXXXXX";
    std::string place;

    Fixture() {
        REQUIRE(::mkdtemp(root.data()) != nullptr);
        place = root + "/own";
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() {
        ::rmdir(place.c_str());
        ::rmdir(root.c_str());
    }

    [[nodiscard]] struct stat status() const {
        struct stat status {};
        REQUIRE(::stat(place.c_str(), &status) == 0);
        return status;
    }
};

}  // namespace

TEST_CASE("a private directory is made for its owner alone, once") {
    const Fixture test;
    CHECK(private_directory(test.place + "//", {}, Missing::make) == test.place);
    CHECK((test.status().st_mode & 07777) == 0700);
    CHECK(private_directory(test.root + "/./own", {}, Missing::make) == test.place);
}

TEST_CASE("a private directory that is only looked for is not made") {
    const Fixture test;
    CHECK(private_directory(test.place, {}, Missing::leave) == test.place);
    CHECK(::access(test.place.c_str(), F_OK) != 0);
}

TEST_CASE("no private directory is made where its parent is missing, or is no directory") {
    const Fixture test;
    CHECK_FALSE(private_directory(test.place + "/deeper", {}, Missing::make));
    CHECK_FALSE(private_directory(test.place + "/deeper", {}, Missing::leave));
    CHECK_FALSE(private_directory("/dev/null", {}, Missing::make));
    CHECK_FALSE(private_directory("/dev/null/x", {}, Missing::make));
}

TEST_CASE("a private directory that whom the server becomes cannot use is refused before that") {
    if (::geteuid() != 0) return;  // who cannot become anybody finds out by itself
    const Fixture test;
    const Account nobody{.user = 65534, .group = 65534, .user_name = "nobody"};
    REQUIRE(private_directory(test.place, {}, Missing::make));
    const auto refused = private_directory(test.place, nobody, Missing::make);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == "user 65534 cannot make files in it");
    ::rmdir(test.place.c_str());
    REQUIRE(private_directory(test.place, nobody, Missing::make));
    CHECK(test.status().st_uid == 65534);
    CHECK(private_directory(test.place, nobody, Missing::make));
}
