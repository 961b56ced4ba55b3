#include "agent/attach/identity.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/constants.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

namespace nbd = protocol::nbd;

constexpr std::uint16_t kWritable = nbd::kTransmitHasFlags | nbd::kTransmitSendFlush;
constexpr std::uint16_t kReadOnly = nbd::kTransmitHasFlags | nbd::kTransmitReadOnly;
constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

Identity foreign(std::uint16_t flags = kWritable) {
    return {.size_bytes = 4 * kGib,
            .transmission_flags = flags,
            .request_bytes = 512 << 10,
            .disk_id = "ext 1234"};
}

Identity named(const std::string& name) {
    Identity identity = foreign();
    identity.canonical_name = name;
    identity.disk_id.clear();
    return identity;
}

Identity with_digest(std::optional<std::uint64_t> digest) {
    Identity identity = foreign(kReadOnly);
    identity.digest = digest;
    return identity;
}

// IDENTITY with one thing changed.
template <class Change>
Identity but(Identity identity, Change change) {
    change(identity);
    return identity;
}

const auto kSmaller = [](Identity& i) { i.size_bytes = 3 * kGib; };
const auto kBigBlocks = [](Identity& i) { i.block_bytes = 4096; };
const auto kShortRequests = [](Identity& i) { i.request_bytes = 4096; };
const auto kLongRequests = [](Identity& i) { i.request_bytes = 1 << 20; };
const auto kOtherDisk = [](Identity& i) { i.disk_id = "ext 5678"; };
const auto kUnknownDisk = [](Identity& i) { i.disk_id.clear(); };

auto flags(std::uint16_t value) {
    return [value](Identity& i) { i.transmission_flags = value; };
}

}  // namespace

TEST_CASE("another disk is told by its difference") {
    constexpr std::uint16_t kNoFlush = nbd::kTransmitHasFlags;
    constexpr std::uint16_t kTrim = kWritable | nbd::kTransmitSendTrim;
    const auto [expected, offered, words] = GENERATE(table<Identity, Identity, std::string>({
        {foreign(), but(foreign(), kSmaller),
         "its size is 3.0 GiB (3221225472 bytes), this boot's is 4.0 GiB (4294967296 bytes)"},
        {foreign(), but(foreign(), flags(kReadOnly)), "it is read-only, this boot's is writable"},
        {foreign(kReadOnly), but(foreign(), flags(kWritable)),
         "it is writable, this boot's is read-only"},
        {foreign(), but(foreign(), flags(kNoFlush)),
         "it does not offer FLUSH, which this boot uses"},
        {foreign(), but(foreign(), flags(kTrim)), "it offers TRIM, which this boot's does not"},
        {foreign(kReadOnly | nbd::kTransmitSendFlush), foreign(kReadOnly),
         "it does not offer FLUSH, which this boot uses"},
        {foreign(), but(foreign(), kBigBlocks),
         "its smallest block is 4096 bytes, this boot's is 512 bytes"},
        {foreign(), but(foreign(), kShortRequests),
         "its longest request is 4096 bytes, this boot's is 524288 bytes"},
        {foreign(), but(foreign(), kOtherDisk),
         "its file system is 'ext 5678', this boot's is 'ext 1234'"},
        {foreign(), but(foreign(), kUnknownDisk),
         "its file system is not known, this boot's is 'ext 1234'"},
        {with_digest(1), with_digest(2), "its first blocks have another content than this boot's"},
        {with_digest(1), with_digest(std::nullopt),
         "its first blocks have another content than this boot's"},
        {named("d@1.a"), named("d@2.a"), "its name is 'd@2.a', this boot's is 'd@1.a'"},
        {named("d@1.a"), named("d@1.b"), "its name is 'd@1.b', this boot's is 'd@1.a'"},
        {named("d@1.a"), foreign(), "its name is not known, this boot's is 'd@1.a'"},
        {named("d@1.a"), but(named("d@1.a"), kSmaller),
         "its size is 3.0 GiB (3221225472 bytes), this boot's is 4.0 GiB (4294967296 bytes)"},
        {named("d@1.a"), but(named("d@1.a"), flags(kNoFlush)),
         "it does not offer FLUSH, which this boot uses"},
        {named("d@1.a"), but(named("d@1.a"), kBigBlocks),
         "its smallest block is 4096 bytes, this boot's is 512 bytes"},
    }));
    CHECK(difference(expected, offered) == words);
}

TEST_CASE("the same disk is not refused for what does not matter") {
    const auto [why, expected, offered] = GENERATE(table<std::string, Identity, Identity>({
        {"equal", foreign(), foreign()},
        {"equal, read-only", with_digest(1), with_digest(1)},
        {"equal, named", named("d@1.a"), named("d@1.a")},
        {"flags that the kernel does not use", foreign(),
         but(foreign(), flags(kWritable | nbd::kTransmitCanMultiConn | nbd::kTransmitSendCache))},
        {"a newer release of the same server offers more", named("d@1.a"),
         but(named("d@1.a"), flags(kWritable | nbd::kTransmitSendTrim))},
        {"what is never asked of a read-only disk", foreign(kReadOnly),
         but(foreign(), flags(kReadOnly | nbd::kTransmitSendFua | nbd::kTransmitSendFlush))},
        {"what is never asked of a read-only disk is gone",
         foreign(kReadOnly | nbd::kTransmitSendFua), foreign(kReadOnly)},
        {"longer requests", foreign(), but(foreign(), kLongRequests)},
        {"nothing is known of this boot's disk", but(foreign(), kUnknownDisk), foreign()},
        {"a server that has a name for it now", foreign(),
         but(foreign(), [](Identity& i) { i.canonical_name = "d@1.a"; })},
    }));
    CAPTURE(why);
    CHECK(difference(expected, offered) == std::nullopt);
}

TEST_CASE("control characters of a peer's name do not reach the console") {
    const auto words = difference(named("d@1.a"), named("d\x1b[2J@2.a"));
    REQUIRE(words);
    CHECK(words->find('\x1b') == std::string::npos);
}

TEST_CASE("a server that answers any name with itself has given no canonical name") {
    const auto [given, asked, name] = GENERATE(table<std::string, std::string, std::string>({
        {"debian@id.token", "debian", "debian@id.token"},
        {"debian@id.token", "", "debian@id.token"},
        {"debian@id.token", "debian@id.token", ""},
        {"debian", "", ""},
        {"", "", ""},
    }));
    nbd::ExportInfo info;
    info.canonical_name = given;
    CHECK(canonical_name_of(info, asked) == name);
}

TEST_CASE("a decoy has the form of the name it stands beside, and another image") {
    CHECK(decoy_of("a@b/c@id.token") == "a@b/c@no-such-image.decoy");
    CHECK(nbd::parse_canonical_name(decoy_of("debian@id.token")));
}

TEST_CASE("an identity is made of what the server says and of the first blocks") {
    const Bytes blocks = Bytes(4096, std::byte{1});
    nbd::ExportInfo info{.size_bytes = 5000, .transmission_flags = kWritable};
    const Identity plain{
        .size_bytes = 5000, .transmission_flags = kWritable, .request_bytes = 512 << 10};
    CHECK(identity_of(info, "", blocks) == plain);
    CHECK_FALSE(needs_first_blocks(plain));

    info.block_sizes =
        nbd::BlockSizes{.minimum = 4096, .preferred = 4096, .maximum_payload = 65536};
    info.transmission_flags = kReadOnly;
    const Identity stated = identity_of(info, "d@1.a", {});
    CHECK(stated.block_bytes == 4096);
    CHECK(stated.request_bytes == 65536);
    CHECK(stated.canonical_name == "d@1.a");
    CHECK_FALSE(stated.digest);
    CHECK_FALSE(needs_first_blocks(stated));
}

TEST_CASE("one changed byte of the first blocks changes a read-only disk's digest") {
    const nbd::ExportInfo info{.size_bytes = 5000, .transmission_flags = kReadOnly};
    Bytes blocks = Bytes(4096);
    const Identity before = identity_of(info, "", blocks);
    CHECK(needs_first_blocks(before));
    CHECK(identity_of(info, "", blocks) == before);
    blocks.back() = std::byte{1};
    CHECK(difference(before, identity_of(info, "", blocks)).has_value());
}

TEST_CASE("a writable disk's content may change, its file system may not") {
    const nbd::ExportInfo info{.size_bytes = 8192, .transmission_flags = kWritable};
    Bytes blocks = Bytes(4096);
    const auto magic = base::as_bytes("XFSB");
    std::copy(magic.begin(), magic.end(), blocks.begin());
    const Identity before = identity_of(info, "", blocks);
    CHECK(needs_first_blocks(before));
    blocks.back() = std::byte{1};
    CHECK(difference(before, identity_of(info, "", blocks)) == std::nullopt);
    blocks.front() = std::byte{1};
    CHECK(difference(before, identity_of(info, "", blocks)).has_value());
}

TEST_CASE("an image that differs where nobody looked is told by its root") {
    const Identity boot = but(named("d@1.a"), [](Identity& i) { i.image_root = "m:1"; });
    CHECK(difference(boot, boot) == std::nullopt);
    CHECK(difference(boot, but(boot, [](Identity& i) { i.image_root = "m:2"; })) ==
          "its image is m:2, this boot's is m:1");
    CHECK(difference(foreign(), but(foreign(), [](Identity& i) { i.image_root = "m:2"; })) ==
          std::nullopt);
    // It is computed after the server's start: until then everything is as without it.
    CHECK(difference(boot, named("d@1.a")) == std::nullopt);
}

TEST_CASE("the first root that is told is that of this boot") {
    const auto with_root = [](const char* root) {
        return but(named("d@1.a"), [root](Identity& i) { i.image_root = root; });
    };
    CHECK(next_identity(named("d@1.a"), with_root("m:1")) == with_root("m:1"));
    CHECK(next_identity(with_root("m:1"), named("d@1.a")) == with_root("m:1"));
    CHECK(next_identity(with_root("m:1"), with_root("m:1")) == with_root("m:1"));
}

TEST_CASE("a root is found in the description, and nothing else is one") {
    const std::string root = "merkle-sha256-64k:" + std::string(64, 'a');
    CHECK(identity_of({.description = "image " + root}, "", {}).image_root == root);
    CHECK(identity_of({.description = "image"}, "", {}).image_root.empty());
}

TEST_CASE("a writable disk's first name is kept; a read-only one stays free to move") {
    CHECK(next_identity(foreign(), named("d@1.a")).canonical_name == "d@1.a");
    CHECK(next_identity(foreign(), named("d@1.a")).disk_id == "ext 1234");
    CHECK(next_identity(foreign(kReadOnly), named("d@1.a")) == foreign(kReadOnly));
    CHECK(next_identity(named("d@1.a"), named("d@1.a")) == named("d@1.a"));
}

}  // namespace nbdroot::agent::attach
