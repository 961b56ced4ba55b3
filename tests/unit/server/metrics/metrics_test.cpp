#include "server/metrics/metrics.h"

#include "lib/sys/listener.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::server::config::Endpoint;
using nbdroot::server::control::Statistics;
using nbdroot::server::metrics::Metrics;
using nbdroot::test::BoundedLoop;

TEST_CASE("metrics say where they are, also on a port that the kernel picked") {
    BoundedLoop loop;
    const auto metrics =
        Metrics::open(loop.get(), Endpoint{.ip = "127.0.0.1"}, [] { return Statistics{}; });
    REQUIRE(metrics);
    CHECK((*metrics)->where().starts_with("http://127.0.0.1:"));
    CHECK((*metrics)->where().ends_with("/metrics"));
    CHECK((*metrics)->where() != "http://127.0.0.1:0/metrics");
}

TEST_CASE("an address that is in use, or not ours, is an error that says so") {
    BoundedLoop loop;
    const auto taken = nbdroot::sys::listen_tcp("127.0.0.1", 0);
    REQUIRE(taken);
    const std::string where = *nbdroot::sys::local_endpoint(taken->get());
    const auto port = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
    const auto busy = Metrics::open(loop.get(), Endpoint{.ip = "127.0.0.1", .port = port},
                                    [] { return Statistics{}; });
    REQUIRE_FALSE(busy);
    CHECK(busy.error().message() == "listen " + where + ": Address already in use");
    const auto foreign = Metrics::open(loop.get(), Endpoint{.ip = "192.0.2.1", .port = 0},
                                       [] { return Statistics{}; });
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().reason == "Cannot assign requested address");
}
