#include "server/merkle/tree.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <bit>

#include "lib/base/assert.h"

namespace nbdroot::server::merkle {
namespace {

// What stands before the bytes: nobody can pass a node off as a leaf.
enum class Kind : std::uint8_t { leaf = 0, node = 1 };

class Hash {
public:
    explicit Hash(Kind kind) {
        sha256_init(&state_);
        sha256_update(&state_, 1, reinterpret_cast<const std::uint8_t*>(&kind));
    }
    void add(ByteView bytes) {
        sha256_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    }
    [[nodiscard]] Digest finish() {
        Digest digest;
        sha256_digest(&state_, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
        return digest;
    }

private:
    sha256_ctx state_{};
};

Digest leaf_of(ByteView bytes) {
    Hash hash(Kind::leaf);
    hash.add(bytes);
    return hash.finish();
}

Digest node_of(const Digest& left, const Digest& right) {
    Hash hash(Kind::node);
    hash.add(left);
    hash.add(right);
    return hash.finish();
}

}  // namespace

void Tree::add(ByteView leaf) {
    NBDROOT_ASSERT(!leaf.empty() && leaf.size() <= kLeafBytes);
    add({.level = 0, .digest = leaf_of(leaf)});
}

// The largest parts that fit where it stands.
void Tree::add_zeroes(std::uint64_t leaves) {
    while (leaves > 0) {
        const int fitting = static_cast<int>(std::bit_width(leaves)) - 1;
        const int level = leaves_ == 0 ? fitting : std::min(std::countr_zero(leaves_), fitting);
        const auto part = static_cast<unsigned>(level);
        add({.level = part, .digest = zeroes(part)});
        leaves -= std::uint64_t{1} << part;
    }
}

void Tree::add(Part part) {
    leaves_ += std::uint64_t{1} << part.level;
    while (!parts_.empty() && parts_.back().level == part.level) {
        part = {.level = part.level + 1, .digest = node_of(parts_.back().digest, part.digest)};
        parts_.pop_back();
    }
    parts_.push_back(part);
}

const Digest& Tree::zeroes(unsigned level) {
    if (zeroes_.empty()) zeroes_.push_back(leaf_of(Bytes(kLeafBytes)));
    while (zeroes_.size() <= level) zeroes_.push_back(node_of(zeroes_.back(), zeroes_.back()));
    return zeroes_[level];
}

Digest Tree::root() const {
    NBDROOT_ASSERT(!parts_.empty());
    Digest right = parts_.back().digest;
    for (auto left = parts_.rbegin() + 1; left != parts_.rend(); ++left) {
        right = node_of(left->digest, right);
    }
    return right;
}

}  // namespace nbdroot::server::merkle
