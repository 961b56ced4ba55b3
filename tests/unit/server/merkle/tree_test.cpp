#include "server/merkle/tree.h"

#include <nettle/sha2.h>

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::server::merkle {
namespace {

Digest sha256(const std::string& text) {
    sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
    Digest digest;
    sha256_digest(&state, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
}

std::string as_string(const Digest& digest) { return std::string(base::as_text(digest)); }

// RFC 9162, 2.1.1, word for word.
Digest tree_hash(const std::vector<std::string>& leaves) {
    if (leaves.size() == 1) return sha256(std::string(1, '\0') + leaves.front());
    std::size_t half = 1;
    while (half * 2 < leaves.size()) half *= 2;
    const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(half);
    return sha256('\1' + as_string(tree_hash({leaves.begin(), middle})) +
                  as_string(tree_hash({middle, leaves.end()})));
}

}  // namespace

TEST_CASE("a root is what RFC 9162 says, for any number of leaves") {
    std::vector<std::string> leaves;
    Tree tree;
    for (int i = 0; i < 40; ++i) {
        leaves.push_back("leaf " + std::to_string(i));
        tree.add(base::as_bytes(leaves.back()));
        CHECK(tree.root() == tree_hash(leaves));
    }
}

TEST_CASE("known answers, from another program") {
    // python3 -c 'import hashlib; print(hashlib.sha256(b"\0abc").hexdigest())'
    Tree tree;
    tree.add(base::as_bytes("abc"));
    CHECK(base::hex(tree.root()) ==
          "609f6e36d2405585188d5cfd761f407c7cc46a7d3f314c88270469dde315fcd1");
}

TEST_CASE("zeroes that are not read have the root of zeroes that are") {
    const std::size_t before = GENERATE(0U, 1U, 2U, 3U, 5U, 8U);
    const std::size_t zeroes = GENERATE(1U, 2U, 3U, 4U, 7U, 16U, 21U);
    const Bytes leaf(kLeafBytes);
    Tree read;
    Tree told;
    for (Tree* const tree : {&read, &told}) {
        for (std::size_t i = 0; i < before; ++i) tree->add(base::as_bytes("x"));
    }
    for (std::size_t i = 0; i < zeroes; ++i) read.add(leaf);
    told.add_zeroes(zeroes);
    CHECK(told.root() == read.root());
    read.add(base::as_bytes("y"));
    told.add(base::as_bytes("y"));
    CHECK(told.root() == read.root());
}

TEST_CASE("the zeroes of the largest image take no time") {
    Tree tree;
    tree.add_zeroes((std::uint64_t{1} << 47) - 1);
    tree.add(base::as_bytes("end"));
    CHECK(tree.root() != Digest{});
}

TEST_CASE("a node is no leaf") {
    Tree pair;
    pair.add(base::as_bytes("a"));
    pair.add(base::as_bytes("b"));
    Tree forged;
    Tree left;
    Tree right;
    left.add(base::as_bytes("a"));
    right.add(base::as_bytes("b"));
    forged.add(base::as_bytes(as_string(left.root()) + as_string(right.root())));
    CHECK(pair.root() != forged.root());
}

}  // namespace nbdroot::server::merkle
