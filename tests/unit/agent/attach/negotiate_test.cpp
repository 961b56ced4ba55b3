#include "agent/attach/negotiate.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::attach {

TEST_CASE("a server is shown with brackets around an IPv6 address, and its export") {
    CHECK(describe({.host = "10.0.0.1"}) == "10.0.0.1:10809");
    CHECK(describe({.host = "fe80::1", .port = 10810}) == "[fe80::1]:10810");
    CHECK(describe({.host = "boot.example", .export_name = "debian"}) ==
          "boot.example:10809/debian");
}

}  // namespace nbdroot::agent::attach
