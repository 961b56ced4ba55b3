// How much an overlay may hold. Usable from every thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "lib/base/result.h"
#include "server/storage/overlay/overlay.h"

namespace nbdroot::server::storage {

class Quota {
public:
    // What a write that is under way will add, at most.
    class Claim {
    public:
        Claim() = default;
        Claim(Quota& quota, std::uint64_t bytes) : quota_(&quota), bytes_(bytes) {}
        Claim(Claim&& other) noexcept
            : quota_(std::exchange(other.quota_, nullptr)), bytes_(other.bytes_) {}
        Claim& operator=(Claim&&) = delete;
        ~Claim() {
            if (quota_ != nullptr) quota_->give_back(bytes_);
        }

    private:
        Quota* quota_ = nullptr;
        std::uint64_t bytes_ = 0;
    };

    // 0: no limit.
    void set(std::uint64_t bytes) { limit_bytes_ = bytes; }
    [[nodiscard]] std::uint64_t bytes() const { return limit_bytes_; }

    // To be held until NEEDED_BYTES more have been written over OVER. The Error has EDQUOT. While
    // others write, it may come a little early: what they have just written counts twice.
    [[nodiscard]] Result<Claim> claim(const overlay::Overlay& over, std::uint64_t needed_bytes);

private:
    void give_back(std::uint64_t bytes);

    std::atomic<std::uint64_t> limit_bytes_{0};
    std::mutex mutex_;
    std::uint64_t claimed_bytes_ = 0;  // guarded by mutex_
};

}  // namespace nbdroot::server::storage
