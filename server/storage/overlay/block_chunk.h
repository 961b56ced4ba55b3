// 4096 neighbouring blocks, some of which belong to a set: few are listed, many are a bitmap, none
// and all take no memory. Sixteen bytes and what they lead to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace nbdroot::server::storage::overlay {

class BlockChunk {
public:
    static constexpr std::uint32_t kBlocks = 4096;

    // From FIRST up to END, not empty, which is at most kBlocks.
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t end = kBlocks;

        [[nodiscard]] std::uint32_t count() const { return end - first; }
    };

    BlockChunk() = default;
    BlockChunk(const BlockChunk& other);
    BlockChunk& operator=(const BlockChunk&) = delete;
    BlockChunk(BlockChunk&&) noexcept = default;
    BlockChunk& operator=(BlockChunk&&) noexcept = default;
    ~BlockChunk() = default;

    void set(Range range, bool is_member);

    [[nodiscard]] bool contains(std::uint32_t block) const;
    [[nodiscard]] std::uint32_t count() const { return count_; }
    [[nodiscard]] std::uint32_t count_in(Range range) const;
    // The first block of RANGE that is a member, or that is none; its end if there is none.
    [[nodiscard]] std::uint32_t find(Range range, bool is_member) const;

    // With what the allocator adds, about.
    [[nodiscard]] std::size_t memory_bytes() const;

private:
    using Bits = std::array<std::uint64_t, kBlocks / 64>;

    // More members than that are kept as a bitmap: it is searched by one look.
    static constexpr std::uint32_t kMostListed = 128;
    static constexpr std::uint32_t kBitmapWords = kBlocks / 16;

    [[nodiscard]] bool is_listed() const { return count_ <= kMostListed; }
    [[nodiscard]] static std::uint32_t words_for(std::uint32_t count);
    [[nodiscard]] Bits bits() const;
    void keep(const Bits& bits);

    std::unique_ptr<std::uint16_t[]> words_;  // members in ascending order, or a bitmap
    std::uint32_t count_ = 0;
};

}  // namespace nbdroot::server::storage::overlay
