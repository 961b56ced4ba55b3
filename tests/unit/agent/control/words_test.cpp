#include "agent/control/words.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::control {
namespace {

Words words(const std::vector<const char*>& all) { return Words(all); }

}  // namespace

TEST_CASE("options are taken wherever they stand, arguments in order") {
    Words of = words({"nbd0", "--json", "--server", "2", "next"});
    CHECK(of.take_option("--json"));
    CHECK_FALSE(of.take_option("--json"));
    CHECK(of.take_value("--server") == "2");
    CHECK(of.take() == "nbd0");
    CHECK(of.take() == "next");
    CHECK_FALSE(of.take());
    CHECK(of.is_empty());
    CHECK_FALSE(of.surplus());
}

TEST_CASE("an option without its value has an empty one, one that is not there has none") {
    CHECK(words({"--server"}).take_value("--server") == "");
    CHECK_FALSE(words({"2"}).take_value("--server"));
}

TEST_CASE("what nobody has taken is named") {
    CHECK(words({"--fast"}).surplus() == "unknown option '--fast'");
    CHECK(words({"now", "--fast"}).surplus() == "unexpected argument 'now'");
    CHECK(words({"\x1b"}).surplus() == "unexpected argument '\\x1b'");
    CHECK_FALSE(words({"-x"}).take());
}

TEST_CASE("a text is all words with blanks between") {
    Words of = words({"rack", "7,", "shelf  2"});
    CHECK(of.take_all() == "rack 7, shelf  2");
    CHECK(of.is_empty());
}

}  // namespace nbdroot::agent::control
