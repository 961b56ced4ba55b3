#include "agent/config/word.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::config;

using Words = std::vector<Word>;

TEST_CASE("words end at blanks, and blanks in a row count once") {
    CHECK(split_words("") == Words{});
    CHECK(split_words(" \t\n ") == Words{});
    CHECK(split_words("ro  quiet\n") == Words{{"ro", {}}, {"quiet", {}}});
    CHECK(split_words("a=1\tb=\nc==2") == Words{{"a", "1"}, {"b", ""}, {"c", "=2"}});
}

TEST_CASE("quotes around a value or a word vanish, others stay") {
    CHECK(split_words("a=\"b c\" d") == Words{{"a", "b c"}, {"d", {}}});
    CHECK(split_words("\"a=b c\" d") == Words{{"a", "b c"}, {"d", {}}});
    CHECK(split_words("\"a b\"") == Words{{"a b", {}}});
    CHECK(split_words("a=b\"c d\"e") == Words{{"a", "b\"c d\"e"}});
    CHECK(split_words("a=\"\"") == Words{{"a", ""}});
}

TEST_CASE("a quote that is never closed takes the rest") {
    CHECK(split_words("a=\"b c") == Words{{"a", "b c"}});
    CHECK(split_words("\"") == Words{{"", {}}});
    CHECK(split_words("a=\"") == Words{{"a", ""}});
}

TEST_CASE("a '=' in front is part of the name") {
    CHECK(split_words("=a") == Words{{"=a", {}}});
    CHECK(split_words("=") == Words{{"=", {}}});
}

TEST_CASE("a word is put together as the kernel hands it to init") {
    CHECK(joined({"a", {}}) == "a");
    CHECK(joined({"a", ""}) == "a=");
    CHECK(joined({"a", "b c"}) == "a=b c");
}

TEST_CASE("lines that begin with '#' are dropped, a '#' in a line is not") {
    CHECK(without_comments("# a\nb #c\n  # d\n\ne") == "b #c\ne\n");
    CHECK(without_comments("").empty());
}
