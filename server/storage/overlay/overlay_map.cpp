#include "server/storage/overlay/overlay_map.h"

#include "lib/base/assert.h"

namespace nbdroot::server::storage::overlay {

void OverlayMap::set(BlockRange range, BlockState state) {
    NBDROOT_ASSERT(has(range));
    if (state == BlockState::data) {
        data_.add(range);
    } else {
        data_.remove(range);
    }
    if (state == BlockState::zero) {
        zero_.add(range);
    } else {
        zero_.remove(range);
    }
}

BlockState OverlayMap::state_of(std::uint64_t block) const {
    if (data_.contains(block)) return BlockState::data;
    return zero_.contains(block) ? BlockState::zero : BlockState::base;
}

BlockRun OverlayMap::run_at(BlockRange range) const {
    // What most requests ask for; the search for a run costs several times as much.
    if (range.count == 1) return {.range = range, .state = state_of(range.first)};
    const auto data = data_.first_run(range);
    if (data && data->first == range.first) return {.range = *data, .state = BlockState::data};
    if (data) range.count = data->first - range.first;
    const auto zero = zero_.first_run(range);
    if (zero && zero->first == range.first) return {.range = *zero, .state = BlockState::zero};
    if (zero) range.count = zero->first - range.first;
    return {.range = range, .state = BlockState::base};
}

std::vector<BlockRun> OverlayMap::runs_of(BlockRange range) const {
    NBDROOT_ASSERT(has(range));
    std::vector<BlockRun> runs;
    while (range.count > 0) {
        runs.push_back(run_at(range));
        const std::uint64_t taken = runs.back().range.count;
        range = {.first = range.first + taken, .count = range.count - taken};
    }
    return runs;
}

bool OverlayMap::is_all(BlockRange range, BlockState state) const {
    if (range.count == 1) return state_of(range.first) == state;
    switch (state) {
        case BlockState::data:
            return data_.count_in(range) == range.count;
        case BlockState::zero:
            return zero_.count_in(range) == range.count;
        case BlockState::base:
            break;
    }
    return data_.count_in(range) == 0 && zero_.count_in(range) == 0;
}

}  // namespace nbdroot::server::storage::overlay
