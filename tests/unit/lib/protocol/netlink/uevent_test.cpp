#include "lib/protocol/netlink/uevent.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::protocol::netlink;

namespace {

std::optional<Uevent> parse(std::string text) {
    for (char& c : text) {
        if (c == '|') c = '\0';
    }
    return parse_uevent(base::as_bytes(text));
}

}  // namespace

TEST_CASE("an event of the kernel says what happened to which device") {
    const auto [text, event] = GENERATE(table<std::string, Uevent>({
        {"add@/devices/virtual/block/nbd0/nbd0p1|ACTION=add|"
         "DEVPATH=/devices/virtual/block/nbd0/nbd0p1|SUBSYSTEM=block|MAJOR=43|MINOR=1|"
         "DEVNAME=nbd0p1|DEVTYPE=partition|SEQNUM=1234|",
         {"add", "/devices/virtual/block/nbd0/nbd0p1", "block", "nbd0p1"}},
        {"remove@/module/nbd|ACTION=remove|DEVPATH=/module/nbd|SUBSYSTEM=module|",
         {"remove", "/module/nbd", "module", ""}},
        {"add@/x|ACTION=add|DEVPATH=/x|DEVNAME=a=b||", {"add", "/x", "", "a=b"}},
    }));
    CHECK(parse(text) == event);
}

TEST_CASE("a datagram that is no event of the kernel is refused") {
    for (const char* const text :
         {"", "|", "@", "add@/x", "add@/x|ACTION=add|DEVPATH=/x", "add@/x|ACTION=add|",
          "add@/x|DEVPATH=/x|", "libudev|ACTION=add|DEVPATH=/x|", "ACTION=add|DEVPATH=/x|"}) {
        CAPTURE(text);
        CHECK_FALSE(parse(text).has_value());
    }
}
