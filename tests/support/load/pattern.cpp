#include "tests/support/load/pattern.h"

namespace nbdroot::load {
namespace {

constexpr std::size_t kBlockWords = kBlockBytes / sizeof(std::uint64_t);
constexpr unsigned kNumberBits = 40;  // the writer stands above the file's number

// splitmix64's step apart for different seeds, xorshift64 from there.
void fill(std::uint64_t seed, Words words) {
    std::uint64_t state = (seed + 1) * 0x9E3779B97F4A7C15U;
    if (state == 0) state = 1;  // xorshift would stay there
    for (std::uint64_t& word : words) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        word = state;
    }
}

}  // namespace

void fill_file(std::uint64_t writer, std::uint64_t number, Words words) {
    fill((writer + 1) << kNumberBits | number, words);
    words[0] = number;
}

void fill_blocks(std::uint64_t first, Words words) {
    for (; !words.empty(); words = words.subspan(kBlockWords)) {
        fill(first++, words.first(kBlockWords));
    }
}

}  // namespace nbdroot::load
