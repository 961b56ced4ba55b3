// The first bytes of what an image has as its init.
#include <cstddef>
#include <cstdint>

#include "agent/root/program_header.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::agent::root;
    const ProgramHeader header = read_program_header(std::as_bytes(std::span(data, size)));
    NBDROOT_ASSERT(header.interpreter.size() <= size);
    NBDROOT_ASSERT(header.interpreter.find('\0') == std::string::npos);
    NBDROOT_ASSERT(!name_of(header.machine).empty());
    return 0;
}
