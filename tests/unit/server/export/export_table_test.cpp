#include "server/export/export_table.h"

#include "tests/support/catch.h"

using nbdroot::server::export_::ExportTable;

TEST_CASE("the text for an unknown name lists what exists") {
    ExportTable table;
    table.add("a", nullptr);
    table.add("b", nullptr);
    CHECK(table.explain_unknown("x\n") == "unknown export 'x\\x0a'; this server has: a, b");
    CHECK(table.find("x") == nullptr);
    CHECK(table.names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("the text for an unknown name stays short, however many exports there are") {
    ExportTable table;
    for (int i = 0; i < 1000; ++i) table.add("name" + std::to_string(i), nullptr);
    const std::string text = table.explain_unknown(std::string(4096, 'x'));
    CHECK(text.size() < 2048);
    CHECK(text.ends_with(", …"));
}
