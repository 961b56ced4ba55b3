// Syncs that have failed, and which boots know of them.
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
    [[nodiscard]] std::uint64_t count() const { return count_; }

    // BOOT, a token, has been told of all, or has written nothing before them. Empty: nobody.
    void tell(const std::string& boot);
    // How many of them it has been told of.
    [[nodiscard]] std::uint64_t known_to(const std::string& boot) const;

private:
    std::uint64_t count_ = 0;
    std::unordered_map<std::string, std::uint64_t> told_;
};

}  // namespace nbdroot::server::export_
