// A disk with a GUID partition table, built entry by entry, with the sums that belong to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "agent/disk/crc32.h"
#include "agent/disk/partition_table.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

struct GptEntry {
    std::string_view type;  // 16 bytes each
    std::string_view uuid;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t attributes = 0;
    std::string_view name = {};  // ASCII
};

class DiskImage {
public:
    explicit DiskImage(std::size_t size, std::uint32_t block_bytes = 512)
        : bytes(size), block_bytes_(block_bytes) {}

    DiskImage& put(std::size_t offset, std::string_view text) {
        const auto view = base::as_bytes(text);
        std::copy(view.begin(), view.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return *this;
    }
    DiskImage& put_number(std::size_t offset, std::uint64_t value, std::size_t length) {
        for (std::size_t i = 0; i < length; ++i) {
            bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
        }
        return *this;
    }

    // Entry NUMBER (from 0) of an MBR at SECTOR.
    DiskImage& put_mbr(std::uint64_t sector, std::size_t number, std::uint8_t type,
                       std::uint32_t first, std::uint32_t count) {
        const std::size_t start = sector * block_bytes_;
        put(start + 510, "\x55\xaa");
        const std::size_t entry = start + 446 + 16 * number;
        put_number(entry + 4, type, 1);
        put_number(entry + 8, first, 4);
        return put_number(entry + 12, count, 4);
    }

    // Both headers, both lists of entries, and the protective MBR.
    DiskImage& put_gpt(const std::vector<GptEntry>& entries, std::uint32_t entry_count = 4) {
        put_mbr(0, 0, 0xee, 1, UINT32_MAX);
        const std::uint64_t last = bytes.size() / block_bytes_ - 1;
        const std::uint64_t list_blocks = (entry_count * 128 + block_bytes_ - 1) / block_bytes_;
        put_half(1, 2, entries, entry_count);
        return put_half(last, last - list_blocks, entries, entry_count);
    }

    // The header at BLOCK anew, after a change of its fields or its entries.
    void seal(std::uint64_t block) {
        const std::size_t header = block * block_bytes_;
        const auto number = [this](std::size_t offset, std::size_t length) {
            std::uint64_t value = 0;
            for (std::size_t i = length; i > 0; --i) {
                value = (value << 8) | std::to_integer<std::uint64_t>(bytes[offset + i - 1]);
            }
            return value;
        };
        Crc32 entries;
        entries.add(ByteView(bytes).subspan(number(header + 72, 8) * block_bytes_,
                                            number(header + 80, 4) * number(header + 84, 4)));
        put_number(header + 88, entries.value(), 4);
        put_number(header + 16, 0, 4);
        Crc32 sum;
        sum.add(ByteView(bytes).subspan(header, number(header + 12, 4)));
        put_number(header + 16, sum.value(), 4);
    }

    [[nodiscard]] Disk disk() const {
        return {.size_bytes = bytes.size(),
                .block_bytes = block_bytes_,
                .read = [this](std::uint64_t offset, std::size_t length) -> Result<Bytes> {
                    if (offset > bytes.size() || bytes.size() - offset < length) {
                        return fail("read", "the image", "outside of it");
                    }
                    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
                    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
                }};
    }

    Bytes bytes;

private:
    DiskImage& put_half(std::uint64_t block, std::uint64_t list,
                        const std::vector<GptEntry>& entries, std::uint32_t entry_count) {
        const std::size_t header = block * block_bytes_;
        put(header, "EFI PART").put_number(header + 8, 0x10000, 4).put_number(header + 12, 92, 4);
        put_number(header + 24, block, 8).put_number(header + 72, list, 8);
        put_number(header + 80, entry_count, 4).put_number(header + 84, 128, 4);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::size_t at = list * block_bytes_ + 128 * i;
            put(at, entries[i].type).put(at + 16, entries[i].uuid);
            put_number(at + 32, entries[i].first, 8).put_number(at + 40, entries[i].last, 8);
            put_number(at + 48, entries[i].attributes, 8);
            for (std::size_t c = 0; c < entries[i].name.size(); ++c) {
                put_number(at + 56 + 2 * c, static_cast<unsigned char>(entries[i].name[c]), 2);
            }
        }
        seal(block);
        return *this;
    }

    std::uint32_t block_bytes_;
};

}  // namespace nbdroot::agent::disk
