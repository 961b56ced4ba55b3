#include "agent/attach/identity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/disk/disk_id.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_description.h"

namespace nbdroot::agent::attach {
namespace {

namespace nbd = protocol::nbd;

constexpr std::uint32_t kSectorBytes = 512;
// block_queue.h lets no request of the kernel's be longer.
constexpr std::uint32_t kLongestRequest = 512U << 10;
constexpr std::size_t kNameShown = 128;

// The flags that tell the kernel what it may ask for. The others promise nothing that one
// connection relies on, and replicas behind different servers differ in them.
struct Flag {
    std::uint16_t bit;
    std::string_view name;
};
constexpr std::array<Flag, 4> kOffers = {{{nbd::kTransmitSendFlush, "FLUSH"},
                                          {nbd::kTransmitSendFua, "FUA"},
                                          {nbd::kTransmitSendTrim, "TRIM"},
                                          {nbd::kTransmitSendWriteZeroes, "WRITE_ZEROES"}}};

bool is_read_only(const Identity& identity) {
    return (identity.transmission_flags & nbd::kTransmitReadOnly) != 0;
}

// FNV-1a: small, and as good as any against a mistaken image.
std::uint64_t digest_of(ByteView bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::byte byte : bytes) {
        hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
    }
    return hash;
}

std::string instead(std::string_view what, std::string_view offered, std::string_view expected) {
    return cat("its ", what, " is ", offered, ", this boot's is ", expected);
}

std::string size_text(std::uint64_t bytes) {
    return cat(base::human_size(bytes), " (", bytes, " bytes)");
}

std::string name_text(std::string_view text) {
    return text.empty() ? "not known" : cat("'", base::printable(text, kNameShown), "'");
}

std::optional<std::string> flags_difference(const Identity& of_this_boot, const Identity& offered) {
    if (is_read_only(offered) != is_read_only(of_this_boot)) {
        return is_read_only(offered) ? "it is read-only, this boot's is writable"
                                     : "it is writable, this boot's is read-only";
    }
    // Nothing but FLUSH is ever asked of a disk that cannot be written; a newer release of the
    // server that gave the name may offer more.
    const bool may_offer_more = is_read_only(offered) || !of_this_boot.canonical_name.empty();
    const unsigned used = is_read_only(offered) ? nbd::kTransmitSendFlush : UINT16_MAX;
    const unsigned changed = of_this_boot.transmission_flags ^ offered.transmission_flags;
    for (const Flag& flag : kOffers) {
        if ((changed & used & flag.bit) == 0) continue;
        const bool is_lost = (of_this_boot.transmission_flags & flag.bit) != 0;
        if (!is_lost && may_offer_more) continue;
        return is_lost ? cat("it does not offer ", flag.name, ", which this boot uses")
                       : cat("it offers ", flag.name, ", which this boot's does not");
    }
    return std::nullopt;
}

std::optional<std::string> blocks_difference(const Identity& of_this_boot,
                                             const Identity& offered) {
    if (offered.block_bytes != of_this_boot.block_bytes) {
        return instead("smallest block", cat(offered.block_bytes, " bytes"),
                       cat(of_this_boot.block_bytes, " bytes"));
    }
    if (offered.request_bytes < of_this_boot.request_bytes) {
        return instead("longest request", cat(offered.request_bytes, " bytes"),
                       cat(of_this_boot.request_bytes, " bytes"));
    }
    return std::nullopt;
}

std::optional<std::string> content_difference(const Identity& of_this_boot,
                                              const Identity& offered) {
    if (!of_this_boot.image_root.empty() && !offered.image_root.empty() &&
        offered.image_root != of_this_boot.image_root) {
        return instead("image", offered.image_root, of_this_boot.image_root);
    }
    if (!of_this_boot.canonical_name.empty()) {
        if (offered.canonical_name == of_this_boot.canonical_name) return std::nullopt;
        return instead("name", name_text(offered.canonical_name),
                       name_text(of_this_boot.canonical_name));
    }
    if (!of_this_boot.disk_id.empty() && offered.disk_id != of_this_boot.disk_id) {
        return instead("file system", name_text(offered.disk_id), name_text(of_this_boot.disk_id));
    }
    if (of_this_boot.digest && offered.digest != of_this_boot.digest) {
        return "its first blocks have another content than this boot's";
    }
    return std::nullopt;
}

}  // namespace

std::string canonical_name_of(const nbd::ExportInfo& info, std::string_view asked) {
    const bool is_ours = nbd::parse_canonical_name(info.canonical_name).has_value();
    return is_ours && info.canonical_name != asked ? info.canonical_name : std::string();
}

std::string decoy_of(std::string_view canonical_name) {
    return cat(canonical_name.substr(0, canonical_name.rfind('@')), "@no-such-image.decoy");
}

Identity identity_of(const nbd::ExportInfo& info, std::string canonical_name,
                     ByteView first_blocks) {
    Identity identity{.size_bytes = info.size_bytes,
                      .transmission_flags = info.transmission_flags,
                      .block_bytes = kSectorBytes,
                      .request_bytes = kLongestRequest,
                      .canonical_name = std::move(canonical_name),
                      .image_root = nbd::parse_export_description(info.description).image_root};
    if (info.block_sizes) {
        identity.block_bytes = std::max(kSectorBytes, info.block_sizes->minimum);
        identity.request_bytes = std::min(kLongestRequest, info.block_sizes->maximum_payload);
    }
    if (first_blocks.empty()) return identity;
    identity.disk_id = disk::disk_id(first_blocks);
    if (is_read_only(identity)) identity.digest = digest_of(first_blocks);
    return identity;
}

bool needs_first_blocks(const Identity& of_this_boot) {
    return of_this_boot.canonical_name.empty() &&
           (!of_this_boot.disk_id.empty() || of_this_boot.digest);
}

Identity next_identity(Identity of_this_boot, const Identity& offered) {
    if (of_this_boot.canonical_name.empty() && !is_read_only(of_this_boot)) {
        of_this_boot.canonical_name = offered.canonical_name;
    }
    if (of_this_boot.image_root.empty()) of_this_boot.image_root = offered.image_root;
    return of_this_boot;
}

std::optional<std::string> difference(const Identity& of_this_boot, const Identity& offered) {
    if (offered.size_bytes != of_this_boot.size_bytes) {
        return instead("size", size_text(offered.size_bytes), size_text(of_this_boot.size_bytes));
    }
    if (auto flags = flags_difference(of_this_boot, offered)) return flags;
    if (auto blocks = blocks_difference(of_this_boot, offered)) return blocks;
    return content_difference(of_this_boot, offered);
}

}  // namespace nbdroot::agent::attach
