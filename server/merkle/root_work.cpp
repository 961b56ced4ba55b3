#include "server/merkle/root_work.h"

#include <algorithm>
#include <cerrno>

#include "server/storage/buffer.h"

namespace nbdroot::server::merkle {
namespace {

constexpr std::size_t kPieceBytes = 4 * kLeafBytes;

class Work {
public:
    Work(const storage::Image& image, const GoesOn& goes_on) : image_(image), goes_on_(goes_on) {}

    Result<Digest> run() {
        while (left() > 0) {
            const sys::Stretch stretch =
                image_.stretch_at({.offset_bytes = at_, .length_bytes = left()});
            NBDROOT_CHECK(stretch.is_hole ? skip(stretch.length_bytes)
                                          : read(stretch.length_bytes));
        }
        return tree_.root();
    }

private:
    [[nodiscard]] std::uint64_t left() const { return image_.size_bytes() - at_; }

    // A hole that is no whole leaf is read, with what follows it.
    Result<void> skip(std::uint64_t count) {
        const std::uint64_t leaves = count / kLeafBytes;
        if (leaves == 0) return read(count);
        tree_.add_zeroes(leaves);
        return advance(leaves * kLeafBytes);
    }

    // COUNT, and what the last of its leaves has behind it.
    Result<void> read(std::uint64_t count) {
        const std::uint64_t leaves = (count + kLeafBytes - 1) / kLeafBytes;
        const std::uint64_t end = at_ + std::min(leaves * kLeafBytes, left());
        while (at_ < end) NBDROOT_CHECK(add(std::min<std::uint64_t>(kPieceBytes, end - at_)));
        return {};
    }

    Result<void> add(std::size_t count) {
        NBDROOT_CHECK(image_.read(at_, buffer_.span().first(count)));
        for (ByteView rest = buffer_.view().first(count); !rest.empty();) {
            const ByteView leaf = rest.first(std::min(rest.size(), kLeafBytes));
            tree_.add(leaf);
            rest = rest.subspan(leaf.size());
        }
        return advance(count);
    }

    Result<void> advance(std::uint64_t count) {
        at_ += count;
        if (goes_on_(at_)) return {};
        return fail("compute the Merkle root of", image_.path(), "given up", ECANCELED);
    }

    const storage::Image& image_;
    const GoesOn& goes_on_;
    std::uint64_t at_ = 0;
    Tree tree_;
    storage::Buffer buffer_{kPieceBytes};
};

}  // namespace

Result<Digest> compute_root(const storage::Image& image, const GoesOn& goes_on) {
    return Work(image, goes_on).run();
}

}  // namespace nbdroot::server::merkle
