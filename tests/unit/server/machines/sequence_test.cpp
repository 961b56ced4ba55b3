#include "server/machines/sequence.h"

#include <string>

#include "tests/support/catch.h"

using nbdroot::server::machines::Sequence;

TEST_CASE("a step begins when the one before is over, and those that are at once run in order") {
    Sequence sequence;
    std::string order;
    Sequence::Over later;
    sequence.add([&](const auto& over) {
        order += "a";
        over();
    });
    sequence.add([&](const auto& over) {
        order += "b";
        later = over;
    });
    sequence.add([&](const auto& over) {
        order += "c";
        over();
    });
    CHECK(order == "ab");
    CHECK_FALSE(sequence.is_idle());
    later();
    CHECK(order == "abc");
    CHECK(sequence.is_idle());
}

TEST_CASE("a step may add the next") {
    Sequence sequence;
    std::string order;
    sequence.add([&](const auto& over) {
        sequence.add([&](const auto& inner) {
            order += "b";
            inner();
        });
        order += "a";
        over();
    });
    CHECK(order == "ab");
}
