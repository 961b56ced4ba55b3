#include "server/storage/overlay/block_set.h"

#include <algorithm>

namespace nbdroot::server::storage::overlay {
namespace {

BlockRange without_front(BlockRange range, std::uint64_t count) {
    return {.first = range.first + count, .count = range.count - count};
}

BlockChunk::Range within_chunk(std::uint64_t first, std::uint64_t count) {
    const auto start = static_cast<std::uint32_t>(first % BlockChunk::kBlocks);
    return {.first = start, .end = start + static_cast<std::uint32_t>(count)};
}

// How much of RANGE lies before the next multiple of STEP.
std::uint64_t up_to_border(BlockRange range, std::uint64_t step) {
    return std::min(range.count, step - range.first % step);
}

}  // namespace

struct BlockSet::Piece {
    std::uint64_t count = 0;
    const BlockChunk* chunk = nullptr;  // none: all of the piece is alike
    bool is_full = false;
};

BlockSet::BlockSet(const BlockSet& other) : count_(other.count_) {
    pages_.reserve(other.pages_.size());
    for (const Page& page : other.pages_) {
        pages_.push_back({.chunks = page.chunks ? std::make_unique<Chunks>(*page.chunks) : nullptr,
                          .is_full = page.is_full});
    }
}

void BlockSet::set(BlockRange range, bool is_member) {
    while (range.count > 0) {
        const std::uint64_t number = range.first / kPageBlocks;
        std::uint64_t count = up_to_border(range, kPageBlocks);
        if (number >= pages_.size()) {
            if (!is_member) return;
            pages_.resize(number + 1);
        }
        Page& page = pages_[number];
        const BlockRange front{.first = range.first, .count = count};
        if (count == kPageBlocks) {
            count_ = count_ - count_in(front) + (is_member ? count : 0);
            page = {.chunks = nullptr, .is_full = is_member};
        } else if (page.chunks || page.is_full != is_member) {
            count = up_to_border(range, BlockChunk::kBlocks);
            const std::uint64_t in_page = range.first % kPageBlocks;
            BlockChunk& chunk = chunks_of(page)[in_page / BlockChunk::kBlocks];
            count_ -= chunk.count();
            chunk.set(within_chunk(range.first, count), is_member);
            count_ += chunk.count();
        }
        range = without_front(range, count);
    }
}

BlockSet::Chunks& BlockSet::chunks_of(Page& page) {
    if (!page.chunks) {
        page.chunks = std::make_unique<Chunks>();
        if (page.is_full) {
            for (BlockChunk& chunk : *page.chunks) chunk.set({}, true);
        }
        page.is_full = false;
    }
    return *page.chunks;
}

bool BlockSet::contains(std::uint64_t block) const {
    const Piece piece = piece_at({.first = block, .count = 1});
    return piece.chunk != nullptr
               ? piece.chunk->contains(static_cast<std::uint32_t>(block % BlockChunk::kBlocks))
               : piece.is_full;
}

BlockSet::Piece BlockSet::piece_at(BlockRange range) const {
    const std::uint64_t number = range.first / kPageBlocks;
    if (number >= pages_.size()) return {.count = range.count};
    const Page& page = pages_[number];
    if (!page.chunks) return {.count = up_to_border(range, kPageBlocks), .is_full = page.is_full};
    return {.count = up_to_border(range, BlockChunk::kBlocks),
            .chunk = &(*page.chunks)[range.first % kPageBlocks / BlockChunk::kBlocks]};
}

std::uint64_t BlockSet::count_in(BlockRange range) const {
    std::uint64_t count = 0;
    while (range.count > 0) {
        const Piece piece = piece_at(range);
        if (piece.chunk != nullptr) {
            count += piece.chunk->count_in(within_chunk(range.first, piece.count));
        } else if (piece.is_full) {
            count += piece.count;
        }
        range = without_front(range, piece.count);
    }
    return count;
}

// The first block of RANGE that is a member, or that is none; its end if there is none.
std::uint64_t BlockSet::find(BlockRange range, bool is_member) const {
    while (range.count > 0) {
        const Piece piece = piece_at(range);
        if (piece.chunk != nullptr) {
            const BlockChunk::Range part = within_chunk(range.first, piece.count);
            const std::uint32_t found = piece.chunk->find(part, is_member);
            if (found < part.end) return range.first + (found - part.first);
        } else if (piece.is_full == is_member) {
            return range.first;
        }
        range = without_front(range, piece.count);
    }
    return range.first;
}

std::optional<BlockRange> BlockSet::first_run(BlockRange range) const {
    const std::uint64_t first = find(range, true);
    if (first == range.end()) return std::nullopt;
    const std::uint64_t end = find({.first = first, .count = range.end() - first}, false);
    return BlockRange{.first = first, .count = end - first};
}

std::size_t BlockSet::memory_bytes() const {
    std::size_t bytes = pages_.capacity() * sizeof(Page);
    for (const Page& page : pages_) {
        if (!page.chunks) continue;
        bytes += sizeof(Chunks);
        for (const BlockChunk& chunk : *page.chunks) bytes += chunk.memory_bytes();
    }
    return bytes;
}

}  // namespace nbdroot::server::storage::overlay
