// Which block of an overlay is what. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/storage/overlay/block.h"
#include "server/storage/overlay/block_set.h"

namespace nbdroot::server::storage::overlay {

class OverlayMap {
public:
    // All of them as in the image.
    explicit OverlayMap(std::uint64_t blocks) : blocks_(blocks) {}

    [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
    [[nodiscard]] bool has(BlockRange range) const {
        return range.count > 0 && range.count <= blocks_ && range.first <= blocks_ - range.count;
    }

    // RANGE is one that it has.
    void set(BlockRange range, BlockState state);

    [[nodiscard]] BlockState state_of(std::uint64_t block) const;
    // RANGE begins with that many blocks, at least one, in the state of its first one.
    [[nodiscard]] BlockRun run_at(BlockRange range) const;
    // All of RANGE, in order; neighbours differ.
    [[nodiscard]] std::vector<BlockRun> runs_of(BlockRange range) const;
    // All blocks of RANGE are in STATE.
    [[nodiscard]] bool is_all(BlockRange range, BlockState state) const;
    [[nodiscard]] std::uint64_t data_blocks_in(BlockRange range) const {
        return data_.count_in(range);
    }
    [[nodiscard]] bool has_data(BlockRange range) const { return data_blocks_in(range) > 0; }

    [[nodiscard]] std::uint64_t data_blocks() const { return data_.count(); }
    [[nodiscard]] std::uint64_t zero_blocks() const { return zero_.count(); }
    [[nodiscard]] std::size_t memory_bytes() const {
        return data_.memory_bytes() + zero_.memory_bytes();
    }

private:
    std::uint64_t blocks_;
    BlockSet data_;
    BlockSet zero_;
};

}  // namespace nbdroot::server::storage::overlay
