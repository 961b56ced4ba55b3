#include "agent/resident/known_image.h"

#include <array>

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

struct World {
    alignas(4096) std::array<std::byte, Notes::kBytes> noted{};
    Plan plan{.identity = {.size_bytes = 4096}, .server_software = ""};

    [[nodiscard]] KnownImage next_process() { return {plan, Notes(noted)}; }
};

attach::Connection connection(const std::string& name) {
    attach::Connection connection;
    connection.info.description = "nbd-rootserver 2";
    connection.identity = {.size_bytes = 4096, .canonical_name = name, .image_root = "m:1"};
    return connection;
}

}  // namespace

TEST_CASE("what the boot began with is known as long as nothing else is") {
    World world;
    world.plan.server_software = "nbd-rootserver 1";
    CHECK(world.next_process().identity() == world.plan.identity);
    CHECK(world.next_process().software() == "nbd-rootserver 1");
}

TEST_CASE(
    "a name that a later server gives is known to the next process before the device uses it") {
    World world;
    KnownImage image = world.next_process();
    image.expect(connection("d@1.a"));
    CHECK(image.identity() == world.plan.identity);
    CHECK(world.next_process().identity() == connection("d@1.a").identity);
    image.keep();
    CHECK(image.identity() == connection("d@1.a").identity);
    CHECK(image.software() == "nbd-rootserver 2");
    CHECK(world.next_process().identity() == image.identity());
}

TEST_CASE("the name of a connection that the device did not take binds nobody") {
    World world;
    KnownImage image = world.next_process();
    image.expect(connection("d@1.a"));
    image.forget();
    CHECK(image.identity() == world.plan.identity);
    CHECK(world.next_process().identity() == world.plan.identity);
}

}  // namespace nbdroot::agent::resident
