// What the first bytes of a program's file say about who can run it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/bytes.h"

namespace nbdroot::agent::root {

// Enough of a file: the loader's name stands behind the program headers.
constexpr std::size_t kHeaderBytes = 16 << 10;

// elf(5), e_machine.
enum class Machine : std::uint16_t {
    i386 = 3,
    mips = 8,
    ppc = 20,
    ppc64 = 21,
    s390x = 22,
    arm = 40,
    x86_64 = 62,
    aarch64 = 183,
    riscv = 243,
    loongarch = 258
};

struct ProgramHeader {
    enum class Kind { elf, script, empty, other };
    Kind kind = Kind::other;
    Machine machine{};       // of elf
    bool is_64_bit = false;  // of elf
    std::string
        interpreter;  // of elf: its loader; of script: what stands behind "#!". May be empty

    bool operator==(const ProgramHeader&) const = default;
};

// START is the beginning of the file, kHeaderBytes of it where it has so many.
[[nodiscard]] ProgramHeader read_program_header(ByteView start);

// "aarch64", "machine 999".
[[nodiscard]] std::string name_of(Machine machine);

// The machine that this program was made for.
[[nodiscard]] Machine own_machine();

// Whether the kernel of a machine that runs OWN may run OTHER: the same, or its older or younger
// brother, which depends on how the kernel was built.
[[nodiscard]] bool may_run(Machine own, Machine other);

}  // namespace nbdroot::agent::root
