// Requests of one client that wait until there is room for them under its overlay. They are not
// answered meanwhile: an error would be one in somebody's root.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace nbdroot::server::session {

class HeldWork {
public:
    // In the order of requests, as they first found none.
    using Place = std::uint64_t;
    static constexpr Place kLast = 0;

    struct Work {
        std::size_t bytes = 0;  // that it keeps in memory
        // Handed its place, for hold() should it find none again.
        std::function<void(Place)> again;
    };

    void hold(Work work, Place place) {
        if (place == kLast) place = ++last_;
        bytes_ += work.bytes;
        work_.emplace(place, std::move(work));
    }
    // Not while there is none.
    void try_first() {
        const auto first = work_.extract(work_.begin());
        bytes_ -= first.mapped().bytes;
        first.mapped().again(first.key());
    }

    [[nodiscard]] bool empty() const { return work_.empty(); }
    [[nodiscard]] std::size_t count() const { return work_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    std::map<Place, Work> work_;
    Place last_ = kLast;
    std::size_t bytes_ = 0;
};

}  // namespace nbdroot::server::session
