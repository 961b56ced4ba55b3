#include "agent/root/modules_list.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent::root;

TEST_CASE("the modules list keeps its order and drops blanks and comments") {
    using Entries = std::vector<ModuleEntry>;
    const auto [text, expected] = GENERATE(table<const char*, Entries>({
        {"", {}},
        {"\n\n# a comment\n  \t\n", {}},
        {"/lib/virtio.ko\n/lib/nbd.ko nbds_max=4 max_part=16\n",
         {{"/lib/virtio.ko", ""}, {"/lib/nbd.ko", "nbds_max=4 max_part=16"}}},
        {"  /a.ko \t x=1  \r\n/b.ko", {{"/a.ko", "x=1"}, {"/b.ko", ""}}},
        {"/a#b.ko # no comment", {{"/a#b.ko", "# no comment"}}},
    }));
    CHECK(parse_modules_list(text) == expected);
}
