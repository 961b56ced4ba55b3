#include "server/storage/turns.h"

#include <vector>

#include "tests/support/catch.h"

using nbdroot::server::storage::Turns;

TEST_CASE("a party with much to do does not keep another waiting") {
    Turns<int> turns;
    const int hog = 0;
    const int other = 0;
    for (int i = 1; i <= 4; ++i) turns.push(&hog, i);
    turns.push(&other, 11);
    turns.push(&other, 12);
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) order.push_back(turns.pop());
    turns.push(nullptr, 21);
    while (!turns.empty()) order.push_back(turns.pop());
    CHECK(order == std::vector{1, 11, 2, 12, 3, 21, 4});
}
