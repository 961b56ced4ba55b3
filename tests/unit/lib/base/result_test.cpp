#include "lib/base/result.h"

#include "tests/support/catch.h"

using namespace nbdroot;

namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail("halve", std::to_string(number), "is odd", 33);
    return number / 2;
}

Result<int> quarter(int number) {
    const int once = NBDROOT_TRY(half(number));
    return half(once);
}

Result<void> check_even(int number) {
    NBDROOT_CHECK(half(number).map([](int) {}));
    return {};
}

}  // namespace

TEST_CASE("the first error is passed up whole") {
    CHECK(quarter(8) == 2);
    const auto failed = quarter(6);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error() == Error{"halve", "3", "is odd", 33});
    CHECK(failed.error().message() == "halve 3: is odd");
    CHECK(check_even(2).has_value());
    CHECK_FALSE(check_even(3).has_value());
}

TEST_CASE("a message leaves out what is empty") {
    CHECK(Error{"", "", "no server"}.message() == "no server");
    CHECK(Error{"connect", "", "refused"}.message() == "connect: refused");
}
