#include "lib/protocol/netlink/generic.h"

#include "tests/support/catch.h"

namespace nbdroot::protocol::netlink {
namespace {

constexpr std::uint16_t kId = 1;
constexpr std::uint16_t kName = 2;
constexpr std::uint16_t kGroups = 7;

template <class Fill>
Bytes family_message(std::uint8_t command, Fill fill) {
    MessageWriter writer(kTypeGenericControl, 0, 7);
    writer.body(GenericHeader{.command = command, .version = 2});
    fill(writer);
    return writer.finish();
}

Result<Family> parse(const Bytes& bytes) {
    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    REQUIRE(messages->size() == 1);
    return parse_family(messages->front());
}

void write_group(MessageWriter& writer, std::uint16_t number, std::string_view name,
                 std::uint32_t id) {
    writer.nested(number, [&] {
        writer.u32(2, id);
        writer.text(1, name);
    });
}

}  // namespace

TEST_CASE("the request for a family is what the kernel expects, byte for byte") {
    const Bytes bytes = family_request("nbd", 0x01020304);
    const auto messages = parse_messages(bytes);
    REQUIRE(messages);
    CHECK(messages->front().header == Header{.length_bytes = 28,
                                             .type = 0x10,
                                             .flags = kFlagRequest | kFlagAck,
                                             .sequence = 0x01020304});
    const auto generic = parse_generic(messages->front());
    REQUIRE(generic);
    CHECK(generic->command == 3);
    REQUIRE(generic->attributes.size() == 1);
    CHECK(generic->attributes[0].type == kName);
    CHECK(base::as_text(generic->attributes[0].payload) == std::string_view("nbd", 4));
}

TEST_CASE("a family is read with its groups, whatever else the kernel says") {
    const Bytes bytes = family_message(1, [](MessageWriter& writer) {
        writer.text(kName, "nbd");
        writer.u16(kId, 0x1d);
        writer.u32(3, 1);
        writer.nested(kGroups, [&] { write_group(writer, 1, "nbd_mc_group", 9); });
    });
    const auto family = parse(bytes);
    REQUIRE(family);
    CHECK(*family == Family{.id = 0x1d, .groups = {{.name = "nbd_mc_group", .id = 9}}});
}

TEST_CASE("a family without groups is still a family") {
    const auto family =
        parse(family_message(1, [](MessageWriter& writer) { writer.u16(kId, 0x1d); }));
    REQUIRE(family);
    CHECK(family->groups.empty());
}

TEST_CASE("a family without a usable id is refused") {
    CHECK_FALSE(parse(family_message(1, [](MessageWriter&) {})));
    CHECK_FALSE(parse(family_message(1, [](MessageWriter& writer) { writer.u8(kId, 1); })));
    CHECK_FALSE(parse(family_message(1, [](MessageWriter& writer) { writer.u16(kId, 3); })));
}

TEST_CASE("another answer of the controller is not taken for a family") {
    CHECK_FALSE(parse(family_message(2, [](MessageWriter& writer) { writer.u16(kId, 0x1d); })));
}

TEST_CASE("a group without name or number is refused") {
    const auto with_group = [](auto fill) {
        return parse(family_message(1, [&](MessageWriter& writer) {
            writer.u16(kId, 0x1d);
            writer.nested(kGroups, [&] { writer.nested(1, [&] { fill(writer); }); });
        }));
    };
    CHECK_FALSE(with_group([](MessageWriter&) {}));
    CHECK_FALSE(with_group([](MessageWriter& writer) { writer.text(1, "x"); }));
    CHECK_FALSE(with_group([](MessageWriter& writer) { writer.u32(2, 1); }));
    CHECK_FALSE(with_group([](MessageWriter& writer) {
        writer.text(1, "x");
        writer.u16(2, 1);
    }));
}

TEST_CASE("a generic message shorter than its header is refused") {
    const Bytes three(3);
    CHECK_FALSE(parse_generic({.header = {}, .payload = three}));
    CHECK_FALSE(parse_generic({.header = {}, .payload = {}}));
}

}  // namespace nbdroot::protocol::netlink
