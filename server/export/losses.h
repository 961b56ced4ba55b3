// What was acknowledged and may be gone, by syncs that have failed and by a crash of the host, and
// which boots know of it.
//
// Linux says once per open file that it has lost pages; the next sync succeeds without them. All
// clients of an export share one file, so whoever hears of it tells everybody: each boot's next
// sync fails too. Belongs to a loop; owned by the export.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace nbdroot::server::export_ {

class Losses {
public:
    // Boots that are remembered after a loss. One that is forgotten hears of it twice.
    static constexpr std::size_t kMaximumBoots = 4096;

    void add() { ++count_; }
    // By a crash of the host, before this export was there.
    void inherit() {
        ++count_;
        ++inherited_;
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t failed_syncs() const { return count_ - inherited_; }

    // BOOT, a token, has been told of all, or has written nothing before them. Empty: nobody.
    void tell(const std::string& boot);
    // How many of them it has been told of.
    [[nodiscard]] std::uint64_t known_to(const std::string& boot) const;

private:
    std::uint64_t count_ = 0;
    std::uint64_t inherited_ = 0;
    std::unordered_map<std::string, std::uint64_t> told_;
};

}  // namespace nbdroot::server::export_
