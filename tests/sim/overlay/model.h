// What the blocks of an overlay may hold: a plain copy of the disk, and its past since the last
// flush.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "server/storage/overlay/block.h"

namespace nbdroot::sim {

using server::storage::overlay::Extent;

class Model {
public:
    explicit Model(Bytes image);

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

    // A change of EXTENT into BYTES begins. Until settle() its blocks may hold the old or the new.
    void begin(Extent extent, ByteView bytes);
    // It was acknowledged.
    void finish();
    // It was not, for whatever reason: its blocks hold what READ says. False: no, neither of both.
    using Read = std::function<bool(Extent, ByteSpan)>;
    [[nodiscard]] bool settle(const Read& read);

    // Where a flush that begins now stands, to be given to flushed().
    using Mark = std::vector<std::size_t>;
    [[nodiscard]] Mark mark() const;
    void flushed(const Mark& mark);

    // The host has crashed: each block holds something that it held since the last flush.
    [[nodiscard]] bool adopt(const Read& read);

    // Of the last false.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

private:
    struct Block {
        std::vector<Bytes> past;  // all that it may hold after a crash; the oldest is flushed
        std::size_t forgotten = 0;
    };
    [[nodiscard]] Extent extent_of(std::size_t block) const;
    [[nodiscard]] Bytes content(std::size_t block) const;
    [[nodiscard]] std::optional<Bytes> fetch(std::size_t block, const Read& read);
    void remember(std::size_t block, const Bytes& now);

    Bytes bytes_;
    std::vector<Block> blocks_;
    std::optional<Bytes> coming_;  // of all of the disk
    std::size_t first_ = 0;        // blocks that are being changed
    std::size_t end_ = 0;
    std::string complaint_;
};

}  // namespace nbdroot::sim
