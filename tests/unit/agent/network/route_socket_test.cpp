#include "agent/network/route_socket.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::network {

TEST_CASE("a route is told by its gateway, or as one on the link") {
    CHECK(route_text({.destination = 0x0a000000, .length_bits = 8, .gateway = 0x0a000001}) ==
          "10.0.0.0/8 via 10.0.0.1");
    CHECK(route_text({.length_bits = 0, .gateway = 0x0a000001}) == "0.0.0.0/0 via 10.0.0.1");
    CHECK(route_text({.destination = 0x0a000000, .length_bits = 8}) == "10.0.0.0/8 on the link");
}

}  // namespace nbdroot::agent::network
