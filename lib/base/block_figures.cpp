#include "lib/base/block_figures.h"

#include <array>

#include "lib/base/text.h"

namespace nbdroot::base {
namespace {

constexpr std::size_t kOldColumns = 11;  // before Linux 4.18

}  // namespace

std::optional<BlockFigures> parse_block_figures(std::string_view stat) {
    std::array<std::uint64_t, 17> columns{};
    std::size_t count = 0;
    for (const std::string_view word : split(stat.substr(0, stat.find('\n')), ' ')) {
        if (word.empty() || count == columns.size()) continue;
        const auto number = parse_decimal(word);
        if (!number) return std::nullopt;
        columns[count++] = *number;
    }
    if (count < kOldColumns) return std::nullopt;
    return BlockFigures{.reads = columns[0],
                        .writes = columns[4],
                        .discards = columns[11],
                        .flushes = columns[15],
                        .in_flight = columns[8]};
}

}  // namespace nbdroot::base
