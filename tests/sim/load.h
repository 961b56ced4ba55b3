// What the block layer asks of the disk, and what it must get: the model that every answer is
// compared with.
//
// Requests in flight never overlap unless all of them read, as with a file system, so there is
// exactly one right answer to each read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/transmission.h"
#include "tests/sim/journal.h"

namespace nbdroot::sim {

inline constexpr std::uint32_t kBlockBytes = 512;

class Load {
public:
    struct Options {
        std::size_t requests = 300;  // in all
        std::size_t depth = 16;      // in flight at most
        std::size_t longest_blocks = 16;
        bool reads_only = false;
    };
    using Tag = std::uint32_t;  // below Options::depth
    struct Work {
        protocol::nbd::Request request;  // its cookie is the driver's to choose
        Bytes payload;
    };

    // CONTENT is what the disk has at the start.
    Load(Env& env, Options options, Bytes content);

    // Another request to be sent; nullopt: not now.
    [[nodiscard]] std::optional<Tag> begin();
    // Of a request in flight.
    [[nodiscard]] bool is_in_flight(Tag tag) const { return in_flight_.contains(tag); }
    [[nodiscard]] const Work& work(Tag tag) const { return in_flight_.at(tag); }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
    // The answer to it.
    void end(Tag tag, protocol::nbd::ErrorNumber error, ByteView data);

    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    [[nodiscard]] bool is_done() const { return begun_ == options_.requests && in_flight_.empty(); }
    // Whether EIO may come now: a write may then have been done or not.
    void allow_errors(bool allowed) { errors_allowed_ = allowed; }
    // COUNT more requests, and no others.
    void stop_after(std::size_t count) { options_.requests = begun_ + count; }
    // The first block of DISK that is not what it must be, once nothing is in flight.
    [[nodiscard]] std::optional<std::size_t> difference(ByteView disk) const {
        return difference(disk, 0);
    }

private:
    [[nodiscard]] Work draw();
    void draw_range(protocol::nbd::Request& request);
    [[nodiscard]] bool is_free(const protocol::nbd::Request& request) const;
    void occupy(const protocol::nbd::Request& request, int change);
    void write(const Work& work);
    void set_unknown(const protocol::nbd::Request& request, bool unknown);
    [[nodiscard]] std::optional<std::size_t> difference(ByteView bytes,
                                                        std::size_t first_block) const;

    Env& env_;
    Options options_;
    Bytes content_;
    std::vector<int> readers_;  // of each block, in flight
    std::vector<int> writers_;
    std::vector<bool> unknown_;  // content of a block, after a failed write
    std::map<Tag, Work> in_flight_;
    bool errors_allowed_ = false;
    std::size_t begun_ = 0;
    std::uint64_t answered_ = 0;
};

// "WRITE 512+1024"
[[nodiscard]] std::string to_text(const protocol::nbd::Request& request);

}  // namespace nbdroot::sim
