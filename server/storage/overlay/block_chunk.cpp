#include "server/storage/overlay/block_chunk.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace nbdroot::server::storage::overlay {
namespace {

constexpr std::uint32_t kWordBits = 64;
constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr std::uint32_t kListStep = 16;    // a list grows by that many
constexpr std::uint16_t kNobody = 0xffff;  // fills it up

// The bits of word NUMBER that lie in RANGE.
std::uint64_t mask(std::uint32_t number, BlockChunk::Range range) {
    const std::uint32_t start = number * kWordBits;
    const std::uint32_t first = std::max(range.first, start) - start;
    const std::uint32_t end = std::min(range.end, start + kWordBits) - start;
    return kAll >> (kWordBits - (end - first)) << first;
}

std::uint32_t words_end(BlockChunk::Range range) { return (range.end - 1) / kWordBits + 1; }

}  // namespace

BlockChunk::BlockChunk(const BlockChunk& other) : count_(other.count_) {
    const std::uint32_t words = words_for(count_);
    if (words == 0) return;
    words_ = std::make_unique_for_overwrite<std::uint16_t[]>(words);
    std::copy_n(other.words_.get(), words, words_.get());
}

void BlockChunk::set(Range range, bool is_member) {
    Bits all{};
    if (range.count() == kBlocks) {
        if (is_member) all.fill(kAll);
    } else {
        all = bits();
        for (std::uint32_t i = range.first / kWordBits; i < words_end(range); ++i) {
            all[i] = is_member ? all[i] | mask(i, range) : all[i] & ~mask(i, range);
        }
    }
    keep(all);
}

bool BlockChunk::contains(std::uint32_t block) const {
    if (count_ == kBlocks) return true;
    if (!is_listed()) return (words_[block / 16] >> (block % 16) & 1) != 0;
    // No branch depends on what is there, and the inner loop is a few vector instructions.
    bool found = false;
    for (std::uint32_t i = 0; i < count_; i += kListStep) {
        for (std::uint32_t j = 0; j < kListStep; ++j) found |= words_[i + j] == block;
    }
    return found;
}

std::uint32_t BlockChunk::count_in(Range range) const {
    if (range.count() == kBlocks || count_ == 0) return count_;
    if (range.count() == 1) return contains(range.first) ? 1 : 0;
    const Bits all = bits();
    int count = 0;
    for (std::uint32_t i = range.first / kWordBits; i < words_end(range); ++i) {
        count += std::popcount(all[i] & mask(i, range));
    }
    return static_cast<std::uint32_t>(count);
}

std::uint32_t BlockChunk::find(Range range, bool is_member) const {
    if (count_ == 0) return is_member ? range.end : range.first;
    const Bits all = bits();
    for (std::uint32_t i = range.first / kWordBits; i < words_end(range); ++i) {
        const std::uint64_t found = (is_member ? all[i] : ~all[i]) & mask(i, range);
        if (found != 0) return i * kWordBits + static_cast<std::uint32_t>(std::countr_zero(found));
    }
    return range.end;
}

std::size_t BlockChunk::memory_bytes() const {
    constexpr std::size_t kAllocation = 16;
    const std::uint32_t words = words_for(count_);
    return words == 0 ? 0 : words * sizeof words_[0] + kAllocation;
}

std::uint32_t BlockChunk::words_for(std::uint32_t count) {
    if (count == kBlocks) return 0;
    if (count > kMostListed) return kBitmapWords;
    return (count + kListStep - 1) / kListStep * kListStep;
}

BlockChunk::Bits BlockChunk::bits() const {
    Bits all{};
    if (count_ == kBlocks) {
        all.fill(kAll);
    } else if (is_listed()) {
        for (std::uint32_t i = 0; i < count_; ++i) {
            all[words_[i] / kWordBits] |= std::uint64_t{1} << (words_[i] % kWordBits);
        }
    } else {
        std::memcpy(all.data(), words_.get(), sizeof all);
    }
    return all;
}

void BlockChunk::keep(const Bits& bits) {
    static_assert(std::endian::native == std::endian::little, "bits are looked up in halves of it");
    int count = 0;
    for (const std::uint64_t word : bits) count += std::popcount(word);
    const std::uint32_t words = words_for(static_cast<std::uint32_t>(count));
    if (words != words_for(count_)) {
        words_ = words == 0 ? nullptr : std::make_unique_for_overwrite<std::uint16_t[]>(words);
    }
    count_ = static_cast<std::uint32_t>(count);
    if (words == 0) return;
    if (!is_listed()) {
        std::memcpy(words_.get(), bits.data(), sizeof bits);
        return;
    }
    std::uint16_t* out = words_.get();
    for (std::uint32_t i = 0; i < bits.size(); ++i) {
        for (std::uint64_t word = bits[i]; word != 0; word &= word - 1) {
            *out++ = static_cast<std::uint16_t>(i * kWordBits +
                                                static_cast<std::uint32_t>(std::countr_zero(word)));
        }
    }
    std::fill(out, words_.get() + words, kNobody);
}

}  // namespace nbdroot::server::storage::overlay
