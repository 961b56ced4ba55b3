#include "lib/protocol/netlink/generic.h"

namespace nbdroot::protocol::netlink {
namespace {

constexpr std::uint8_t kCommandNewFamily = 1;
constexpr std::uint8_t kCommandGetFamily = 3;
constexpr std::uint8_t kControlVersion = 1;

constexpr std::uint16_t kFamilyId = 1;
constexpr std::uint16_t kFamilyName = 2;
constexpr std::uint16_t kMulticastGroups = 7;
constexpr std::uint16_t kGroupName = 1;
constexpr std::uint16_t kGroupId = 2;

constexpr std::uint16_t kFirstFamilyId = 0x10;  // GENL_MIN_ID; below are netlink's own types

Failure damaged(const char* reason) { return fail("parse", "netlink family", reason); }

Result<MulticastGroup> parse_group(ByteView nest) {
    const auto attributes = NBDROOT_TRY(parse_attributes(nest));
    const Attribute* name = find(attributes, kGroupName);
    const Attribute* id = find(attributes, kGroupId);
    if (name == nullptr || id == nullptr || !id->u32()) return damaged("group without name or id");
    return MulticastGroup{.name = std::string(name->text()), .id = *id->u32()};
}

}  // namespace

Bytes family_request(std::string_view name, std::uint32_t sequence) {
    MessageWriter writer(kTypeGenericControl, kFlagRequest | kFlagAck, sequence);
    writer.body(GenericHeader{.command = kCommandGetFamily, .version = kControlVersion});
    writer.text(kFamilyName, name);
    return writer.finish();
}

Result<Family> parse_family(const Message& message) {
    const auto generic = NBDROOT_TRY(parse_generic(message));
    if (generic.command != kCommandNewFamily) return damaged("not a family");
    const Attribute* id = find(generic.attributes, kFamilyId);
    if (id == nullptr || !id->u16() || *id->u16() < kFirstFamilyId) return damaged("no family id");
    Family family{.id = *id->u16(), .groups = {}};
    const Attribute* groups = find(generic.attributes, kMulticastGroups);
    if (groups == nullptr) return family;
    for (const Attribute& group : NBDROOT_TRY(parse_attributes(groups->payload))) {
        family.groups.push_back(NBDROOT_TRY(parse_group(group.payload)));
    }
    return family;
}

Result<GenericMessage> parse_generic(const Message& message) {
    ByteReader reader(message.payload);
    const auto header = reader.value<GenericHeader>();
    if (!header) return fail("parse", "netlink message", "shorter than a generic header");
    return GenericMessage{.command = header->command,
                          .attributes = NBDROOT_TRY(parse_attributes(reader.rest()))};
}

}  // namespace nbdroot::protocol::netlink
