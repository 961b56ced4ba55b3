#include "server/storage/quota.h"

#include <cerrno>

#include "lib/base/text.h"

namespace nbdroot::server::storage {

Result<Quota::Claim> Quota::claim(const overlay::Overlay& over, std::uint64_t needed_bytes) {
    const std::uint64_t limit = limit_bytes_;
    if (limit == 0 || needed_bytes == 0) return Claim();
    const std::lock_guard lock(mutex_);
    const std::uint64_t taken = over.used_bytes() + claimed_bytes_;
    if (taken >= limit || limit - taken < needed_bytes) {
        return fail("write", "",
                    cat("the overlay's quota of ", base::human_size(limit), " is used up"), EDQUOT);
    }
    claimed_bytes_ += needed_bytes;
    return Claim(*this, needed_bytes);
}

void Quota::give_back(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    claimed_bytes_ -= bytes;
}

}  // namespace nbdroot::server::storage
