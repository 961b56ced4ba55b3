#include "agent/root/fstab.h"

#include "tests/support/catch.h"

using nbdroot::agent::root::fstab_of_overlay;

TEST_CASE("the line for / becomes one for the overlay, everything else stays") {
    const auto [before, after] = GENERATE(table<const char*, const char*>({
        {"UUID=1 / ext4 errors=remount-ro 0 1\n", "overlay / overlay rw 0 0\n"},
        {"# / is here\nLABEL=x\t/ \text4 defaults 0 1\nproc /proc proc defaults 0 0\n",
         "# / is here\noverlay / overlay rw 0 0\nproc /proc proc defaults 0 0\n"},
        {"  /dev/nbd0 /", "overlay / overlay rw 0 0\n"},
        {"a / b\nc /x d\n\nc / d\n", "overlay / overlay rw 0 0\nc /x d\n\n"},
    }));
    CHECK(fstab_of_overlay(before) == std::string(after));
}

TEST_CASE("an fstab that says nothing of / is left alone") {
    for (const char* const text :
         {"", "\n", "#a / b\n", "# a / b\n", "a /boot ext4\n", "/ x\n", "/", "a\n/ b\n", "   "}) {
        CAPTURE(text);
        CHECK_FALSE(fstab_of_overlay(text).has_value());
    }
}
