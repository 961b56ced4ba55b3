#include "server/ctl/table.h"

#include "tests/support/catch.h"

using nbdroot::server::ctl::Table;

TEST_CASE("columns are as wide as their longest word, and lines end without blanks") {
    Table table({{"ID", Table::Align::right}, {"NAME"}, {"NOTES"}});
    table.add({"7", "debian", ""});
    table.add({"1234", "x", "default"});
    table.add({"9", "a", "b"});
    CHECK(table.text() ==
          "  ID  NAME    NOTES\n"
          "   7  debian  -\n"
          "1234  x       default\n"
          "   9  a       b\n");
}

TEST_CASE("a table without rows has its titles") {
    CHECK(Table({{"ID", Table::Align::right}, {"NAME"}}).text() == "ID  NAME\n");
}

TEST_CASE("what a peer called itself moves no cursor") {
    Table table({{"NAME"}});
    table.add({"\x1b[2J"});
    CHECK(table.text() == "NAME\n\\x1b[2J\n");
}
