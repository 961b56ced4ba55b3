// What room is left under an overlay: what of it is news, and who waits for more.
//
// Belongs to a loop; owned by the export.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/loop.h"

namespace nbdroot::server::export_ {

class Room {
public:
    // In hundredths of the quota: warned of once, and again only after it has fallen.
    static constexpr std::uint64_t kWarnAt = 80;
    static constexpr std::uint64_t kForgetBelow = 75;
    // The log hears of a full overlay no oftener.
    static constexpr Duration kFullAgain = std::chrono::minutes(1);
    // What nobody says (another's file was deleted) is tried for.
    static constexpr Duration kRetry = std::chrono::seconds(1);

    explicit Room(io::Loop& loop) : loop_(loop) {}

    // True: it is time for the warning.
    [[nodiscard]] bool now_used(std::uint64_t used_bytes, std::uint64_t quota_bytes);
    // Something found none. True: the log should say so.
    [[nodiscard]] bool now_full();
    // Something found room that had none.
    void now_found() { is_full_ = false; }
    [[nodiscard]] bool is_full() const { return is_full_; }

    // TRY_AGAIN is called once, when there may be some, never from within this class's calls.
    void wait(std::function<void()> try_again);
    [[nodiscard]] bool has_waiters() const { return !waiters_.empty(); }
    // There may be more now.
    void freed();

private:
    void wake();

    io::Loop& loop_;
    std::unique_ptr<io::Timer> next_try_;  // while somebody has waited
    std::vector<std::function<void()>> waiters_;
    bool is_warned_ = false;
    bool is_full_ = false;
    Instant full_again_{};
};

}  // namespace nbdroot::server::export_
