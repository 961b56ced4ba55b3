#include "server/promote/former_name.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace nbdroot::server::promote;

TEST_CASE("a former image has its id in its name") {
    const std::string id = "0123456789abcdef0123456789abcdef";
    CHECK(former_path("/srv/a.img", id) == "/srv/a.img." + id + ".former");
    CHECK(id_of_former("a.img." + id + ".former", "a.img") == id);
}

TEST_CASE("what is called otherwise is no former image") {
    const std::string id = "0123456789abcdef0123456789abcdef";
    for (const std::string& name : std::vector<std::string>{
             "", "a.img", "a.img." + id, "a.img" + id + "..former", "b.img." + id + ".former",
             "a.img." + id.substr(1) + ".former", "a.img." + id + "0.former",
             "a.img.0123456789ABCDEF0123456789ABCDEF.former",
             "a.img./123456789abcdef0123456789abcdef.former", "a.img." + id + ".former~"}) {
        CAPTURE(name);
        CHECK_FALSE(id_of_former(name, "a.img"));
    }
}

TEST_CASE("a path without a directory lies in the working one") {
    CHECK(directory_of("a.img") == ".");
    CHECK(directory_of("/a.img") == "/");
    CHECK(directory_of("/srv/x/a.img") == "/srv/x");
    CHECK(name_of("a.img") == "a.img");
    CHECK(name_of("/srv/a.img") == "a.img");
}
