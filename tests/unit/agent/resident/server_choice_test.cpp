#include "agent/resident/server_choice.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

attach::Server server(const std::string& host, const std::string& name = {}) {
    attach::Server server;
    server.target.host = host;
    server.target.export_name = name;
    return server;
}

Plan plan() {
    Plan plan;
    plan.servers = {server("10.0.0.1", "debian"), server("fe80::1", "a/b")};
    plan.barred = {server("10.0.0.3")};
    return plan;
}

}  // namespace

TEST_CASE("servers are numbered, those that may not be used last") {
    CHECK(server_names(plan()) == std::vector<std::string>{"10.0.0.1:10809/debian",
                                                           "[fe80::1]:10809/a/b",
                                                           "10.0.0.3:10809"});
}

TEST_CASE("a server is chosen by number, or by its address with or without export") {
    const auto [text, index] = GENERATE(table<std::string, std::size_t>({
        {"1", 0},
        {"2", 1},
        {"10.0.0.1:10809", 0},
        {"10.0.0.1:10809/debian", 0},
        {"[fe80::1]:10809", 1},
        {"[fe80::1]:10809/a/b", 1},
    }));
    const auto chosen = choose_server(plan(), text);
    REQUIRE(chosen);
    CHECK(*chosen == index);
}

TEST_CASE("a server that this boot was not given is refused") {
    const auto* const text = GENERATE("0", "4", "-1", "99999999999999999999", "", "10.0.0.1",
                                      "10.0.0.1:10809/x", "10.0.0.9:10809");
    const auto chosen = choose_server(plan(), text);
    REQUIRE_FALSE(chosen);
    CHECK(chosen.error().reason.find("of 3 servers the first is 10.0.0.1:10809/debian") !=
          std::string::npos);
}

TEST_CASE("a server that a writable root may not move to is refused with the reason") {
    for (const char* const text : {"3", "10.0.0.3:10809"}) {
        const auto chosen = choose_server(plan(), text);
        REQUIRE_FALSE(chosen);
        CHECK(chosen.error().reason.find("10.0.0.3:10809 may not be used: this root is writable") ==
              0);
    }
}

}  // namespace nbdroot::agent::resident
