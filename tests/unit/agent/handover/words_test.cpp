#include "agent/handover/words.h"

#include <string>

#include "tests/support/catch.h"

using namespace nbdroot::agent::handover;

TEST_CASE("a word that a file could take for more is none") {
    for (const char* const word : {"a", "A-1.b_c", "."}) CHECK(is_plain_word(word));
    for (const char* const word : {"", "a b", "a\n", "a'", "a;b", "a=b", "\xc3\xa4", "a/b"}) {
        CAPTURE(word);
        CHECK_FALSE(is_plain_word(word));
    }
}

TEST_CASE("a link means a path from its own folder, or from the root") {
    const auto [target, path] = GENERATE(table<const char*, const char*>({
        {"../run/resolvconf/resolv.conf", "/run/resolvconf/resolv.conf"},
        {"/run//systemd/./resolve/stub", "/run/systemd/resolve/stub"},
        {"other", "/etc/other"},
        {"../../../../run/x", "/run/x"},
        {"", "/etc"},
        {"/", ""},
    }));
    CHECK(follow_link("/etc", target) == path);
}

TEST_CASE("a host name that is too long for the kernel becomes its first label") {
    const std::string longest(64, 'a');
    CHECK(machine_name("kiosk-7.example.org") == "kiosk-7.example.org");
    CHECK(machine_name(longest) == longest);
    CHECK(machine_name(longest + "a") == longest);
    CHECK(machine_name("kiosk-7." + longest) == "kiosk-7");
    CHECK(machine_name("").empty());
}
