// Whether a server serves what this boot began with. Pure.
//
// A server of this project has a canonical name for it, EXPORT@IMAGE-ID.BOOT-TOKEN, and proves it
// by the Merkle root of the image, where it has computed that. Of any other the disk itself must
// answer: the UUID of its file system or partition table, and for a
// read-only export a digest of its first blocks. The digest guards against mistakes, not against an
// attacker, who could copy the first blocks as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::agent::attach {

struct Identity {
    std::uint64_t size_bytes = 0;
    std::uint16_t transmission_flags = 0;
    std::uint32_t block_bytes = 512;  // what the kernel counts in: at least 512
    std::uint32_t request_bytes = 0;  // the longest READ or WRITE that the server takes
    std::string canonical_name = {};  // empty: a foreign server
    std::string image_root = {};      // of all that the image holds; empty: not known
    std::string disk_id = {};         // "ext <uuid>" (agent/disk/disk_id.h); empty: not known
    std::optional<std::uint64_t> digest = std::nullopt;  // of the first blocks; read-only exports

    bool operator==(const Identity&) const = default;
};

// The name that INFO gives, where it is a canonical one and not what was ASKED for: there are
// servers that answer any name with itself. For a first attach; on a reconnect ASKED is empty.
[[nodiscard]] std::string canonical_name_of(const protocol::nbd::ExportInfo& info,
                                            std::string_view asked);

// A name of the same form that no server has. One that takes it takes any name.
[[nodiscard]] std::string decoy_of(std::string_view canonical_name);

// FIRST_BLOCKS is empty where they were not read.
[[nodiscard]] Identity identity_of(const protocol::nbd::ExportInfo& info,
                                   std::string canonical_name, ByteView first_blocks);

// True where difference() cannot judge without the first blocks.
[[nodiscard]] bool needs_first_blocks(const Identity& of_this_boot);

// What to expect of the connections after OFFERED, which is the same disk. A server that takes over
// a writable disk may be the first to have a name for it: asked by the bare name again, it would
// begin with a fresh overlay.
[[nodiscard]] Identity next_identity(Identity of_this_boot, const Identity& offered);

// What is OFFERED instead of this boot's disk, for the log: "its size is 4.0 GiB (4294967296
// bytes), this boot's is 3.0 GiB (3221225472 bytes)". nullopt: the same disk.
[[nodiscard]] std::optional<std::string> difference(const Identity& of_this_boot,
                                                    const Identity& offered);

}  // namespace nbdroot::agent::attach
