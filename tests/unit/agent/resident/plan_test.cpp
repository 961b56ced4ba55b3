#include "agent/resident/plan.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

attach::Server server(const std::string& host) {
    attach::Server server;
    server.target.host = host;
    return server;
}

struct Boot {
    config::BootConfig config;
    std::vector<attach::Server> servers{server("10.0.0.1"), server("10.0.0.2"), server("10.0.0.3")};
    attach::Connection connection;
    attach::Device device{.name = "nbd0", .path = "/dev/nbd0"};

    Boot() { connection.server = servers[1].target; }

    [[nodiscard]] Plan plan() const {
        return make_plan({.config = config,
                          .servers = servers,
                          .connection = connection,
                          .device = device,
                          .give_up_at = std::nullopt,
                          .network = {}});
    }
};

}  // namespace

TEST_CASE("a writable root stays with its server") {
    const Boot boot;
    const Plan plan = boot.plan();
    REQUIRE(plan.servers.size() == 1);
    CHECK(plan.servers[0].target.host == "10.0.0.2");
    CHECK(plan.connected_to == 0);
    REQUIRE(plan.barred.size() == 2);
    CHECK(plan.barred[0].target.host == "10.0.0.1");
    CHECK(plan.barred[1].target.host == "10.0.0.3");
}

TEST_CASE("the first server's software is known where it tells") {
    Boot boot;
    CHECK(boot.plan().server_software.empty());
    boot.connection.info.description = "nbd-rootserver 7.1; image";
    CHECK(boot.plan().server_software == "nbd-rootserver 7.1");
}

TEST_CASE("a read-only export may be had from any server, in order of preference") {
    Boot boot;
    boot.device.read_only = true;
    const Plan plan = boot.plan();
    REQUIRE(plan.servers.size() == 3);
    CHECK(plan.barred.empty());
    CHECK(plan.servers[0].target.host == "10.0.0.1");
    CHECK(plan.connected_to == 1);
}

TEST_CASE("of a name's addresses a writable root stays with the one it is connected to") {
    Boot boot;
    boot.servers = {server("10.0.0.1"), server("boot.example"), server("boot.example")};
    boot.servers[1].address.length = 1;  // the two of them are machines of their own
    boot.connection.server = boot.servers[1].target;
    const Plan plan = boot.plan();
    REQUIRE(plan.servers.size() == 1);
    CHECK(plan.servers[0].address.length == 1);
    boot.device.read_only = true;
    CHECK(boot.plan().servers.size() == 3);
    CHECK(boot.plan().connected_to == 1);
}

TEST_CASE("a plan knows how long a shutdown may wait") {
    Boot boot;
    boot.config.shutdown_timeout_seconds = 7;
    CHECK(boot.plan().shutdown_timeout_seconds == 7);
}

TEST_CASE("failover=rw lets a writable root move") {
    Boot boot;
    boot.config.failover_writable = true;
    CHECK(boot.plan().servers.size() == 3);
}

TEST_CASE("a root mounted read-only on a writable export stays: it can be remounted") {
    Boot boot;
    boot.config.root.read_only = true;
    CHECK(boot.plan().servers.size() == 1);
}

}  // namespace nbdroot::agent::resident
