#include "agent/disk/disk_id.h"

#include <array>

#include "agent/disk/fields.h"
#include "agent/disk/superblock.h"
#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kGptGuidOffset = 56;  // UEFI specification, "GPT Header": DiskGUID
constexpr std::size_t kMbrIdOffset = 440;

std::string with_id(std::string_view format, const std::string& id) {
    return id.empty() ? std::string(format) : cat(format, " ", id);
}

// The header lies in the second block, which has 512 bytes nearly always.
std::string gpt_id(ByteView bytes) {
    for (const std::size_t block : std::array<std::size_t, 2>{512, 4096}) {
        if (begins_with(bytes, block, "EFI PART")) {
            return with_id("gpt", guid_at(bytes, block + kGptGuidOffset));
        }
    }
    return {};
}

}  // namespace

std::string disk_id(ByteView bytes) {
    if (const auto found = probe_superblock(bytes)) {
        const bool is_ext = found->file_system.starts_with("ext");
        return with_id(is_ext ? "ext" : std::string_view(found->file_system), found->uuid);
    }
    if (std::string gpt = gpt_id(bytes); !gpt.empty()) return gpt;
    if (!begins_with(bytes, 510, "\x55\xaa")) return {};
    return with_id("mbr", hex_u32_at(bytes, kMbrIdOffset));
}

}  // namespace nbdroot::agent::disk
