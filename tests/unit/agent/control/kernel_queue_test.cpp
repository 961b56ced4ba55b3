#include "agent/control/kernel_queue.h"

#include "lib/base/json_value.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::control {

namespace {

std::string queue_of(std::string_view busy) {
    base::JsonWriter json;
    json.begin_array();
    write_queue(json, busy);
    json.end_array();
    return json.text();
}

}  // namespace

TEST_CASE("requests that the driver has are read with operation, state and tag") {
    CHECK(queue_of("00000000c8f0d5d5 {.op=READ, .cmd_flags=NOMERGE, .rq_flags=DONTPREP|IO_STAT, "
                   ".state=in_flight, .tag=23, .internal_tag=-1}\n"
                   "0000000000000001 {.op=WRITE, .cmd_flags=, .rq_flags=, .state=idle, .tag=-1, "
                   ".internal_tag=7}\n") ==
          R"([{"operation":"READ","state":"in_flight","tag":"23"},)"
          R"({"operation":"WRITE","state":"idle","tag":"-1"}])");
}

TEST_CASE("lines of another form are no requests, and there is a bound") {
    CHECK(queue_of("") == "[]");
    CHECK(queue_of("hello\n{.state=idle}\n") == "[]");
    CHECK(queue_of("{.op=\x1b[2J, .state=x") ==
          R"([{"operation":"\\x1b[2J","state":"x","tag":""}])");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "{.op=READ, .state=idle, .tag=1}\n";
    const auto json = base::parse_json(queue_of(many));
    REQUIRE(json);
    CHECK(json->items().size() == kMostQueued);
}

}  // namespace nbdroot::agent::control
