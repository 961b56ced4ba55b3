#include "lib/sys/account.h"

#include <unistd.h>

#include "tests/support/catch.h"

using nbdroot::sys::Account;
using nbdroot::sys::find_account;

TEST_CASE("a user is found by name and by number, with its group") {
    const auto by_name = find_account("root", "");
    CHECK(by_name == Account{0, 0, "root"});
    CHECK(find_account("0", "") == by_name);
    CHECK(find_account("root", "4242") == Account{0, 4242, "root"});
}

TEST_CASE("a group alone leaves the user") {
    CHECK(find_account("", "root") == Account{::geteuid(), 0, ""});
}

TEST_CASE("a user by number that nobody knows needs a group") {
    CHECK(find_account("4000000000", "4242") == Account{4000000000, 4242, ""});
    CHECK(find_account("4000000000", "").error().message() ==
          "user 4000000000: not known here, and so without a group: name one");
}

TEST_CASE("a user or group that is not known is refused by its name") {
    CHECK(find_account("no such", "").error().message() == "user 'no such': not known here");
    CHECK(find_account("no such", "root").error().message() == "user 'no such': not known here");
    CHECK(find_account("", "no such").error().message() == "group 'no such': not known here");
    // (uid_t)-1 is no id.
    CHECK_FALSE(find_account("4294967295", "root"));
}
