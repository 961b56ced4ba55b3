// What files of the load hold: content derived from a number, so that nothing has to be remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nbdroot::load {

inline constexpr std::size_t kBlockBytes = 4096;  // of the reference file: O_DIRECT's unit
inline constexpr std::size_t kFileBytes = 65536;  // of a writer's file
using Words = std::span<std::uint64_t>;

// A writer's file: its number, then words that follow from writer and number.
void fill_file(std::uint64_t writer, std::uint64_t number, Words words);

// Blocks of a reference or dirty file, from block FIRST on.
void fill_blocks(std::uint64_t first, Words words);

}  // namespace nbdroot::load
