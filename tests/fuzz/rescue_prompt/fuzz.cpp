// Whatever is typed at the rescue prompt, and whatever the kernel's log holds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/rescue/command.h"
#include "agent/rescue/log_lines.h"
#include "lib/base/assert.h"

using namespace nbdroot::agent::rescue;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Command command = parse_command(text);
    if (command.kind == Command::Kind::parameters) NBDROOT_ASSERT(command.text == text);
    if (command.kind == Command::Kind::unknown) {
        const std::string answer = refuse_command(command.text);
        NBDROOT_ASSERT(answer.find('\n') == answer.size() - 1 && answer.size() < 300);
    }
    for (const LogLine& line : agent_lines(text)) {
        NBDROOT_ASSERT(line.priority >= 0 && line.priority <= 7);
        NBDROOT_ASSERT(line.text.starts_with("nbdroot ["));
        NBDROOT_ASSERT(last_trouble({line}).size() <= line.text.size());
    }
    return 0;
}
