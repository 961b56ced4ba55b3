// Whoever changes blocks has them to himself meanwhile. Others are not in the way.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>

#include "server/storage/overlay/block.h"

namespace nbdroot::server::storage::overlay {

class RangeLock {
public:
    class Hold {
    public:
        // Waits until nobody holds a block of RANGE. Nobody may hold two.
        Hold(RangeLock& lock, BlockRange range) : lock_(lock), place_(lock.take(range)) {}
        // Does not wait: perhaps it has nothing.
        Hold(RangeLock& lock, BlockRange range, std::try_to_lock_t)
            : lock_(lock), place_(lock.take_free(range)) {}
        ~Hold() {
            if (place_) lock_.give_back(*place_);
        }
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;

        [[nodiscard]] explicit operator bool() const { return place_.has_value(); }

    private:
        RangeLock& lock_;
        std::optional<std::list<BlockRange>::iterator> place_;
    };

private:
    [[nodiscard]] std::list<BlockRange>::iterator take(BlockRange range);
    [[nodiscard]] std::optional<std::list<BlockRange>::iterator> take_free(BlockRange range);
    [[nodiscard]] bool is_free(BlockRange range) const;
    void give_back(std::list<BlockRange>::iterator place);

    std::mutex mutex_;
    std::condition_variable given_back_;
    std::list<BlockRange> held_;  // as many as there are threads
};

}  // namespace nbdroot::server::storage::overlay
