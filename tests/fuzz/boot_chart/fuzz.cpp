// What nbdrootctl and the rescue prompt show of any JSON: lines of printable ASCII, and a chart no
// wider than a terminal.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/control/boot_chart.h"
#include "agent/control/debug_text.h"
#include "agent/control/status_text.h"
#include "agent/rescue/state_text.h"
#include "lib/base/assert.h"
#include "lib/base/text.h"

using namespace nbdroot;

namespace {

constexpr std::size_t kAnyWidth = SIZE_MAX;

void check_lines(std::string_view text, std::size_t width) {
    NBDROOT_ASSERT(text.empty() || text.back() == '\n');
    for (const std::string_view line : base::split(text, '\n')) {
        NBDROOT_ASSERT(line.size() <= width);
        for (const char c : line) NBDROOT_ASSERT(c >= ' ' && c < 0x7f);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = base::parse_json(text);
    if (!value) return 0;
    if (const auto chart = agent::control::draw_boot(*value)) check_lines(*chart, 80);
    check_lines(agent::control::describe_status(*value, Instant{}), kAnyWidth);
    check_lines(agent::control::describe_debug(*value, 0), kAnyWidth);
    check_lines(agent::rescue::describe_state(
                    {.boot = *value, .status = *value, .trouble = {}, .added = {}}),
                kAnyWidth);
    return 0;
}
