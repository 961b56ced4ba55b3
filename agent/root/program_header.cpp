// ELF: elf(5). "#!": execve(2) and the kernel's fs/binfmt_script.c.
#include "agent/root/program_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::size_t kIdentBytes = 16;
constexpr std::uint32_t kInterpreterHeader = 3;  // PT_INTERP
constexpr std::size_t kPathMaximum = 4096;       // PATH_MAX
constexpr std::size_t kScriptLine = 256;         // BINPRM_BUF_SIZE

// Where a field lies, and how wide it is, in both classes.
struct Field {
    std::size_t offset = 0;
    std::size_t bytes = 0;
};
struct Layout {
    Field headers_offset, header_bytes, header_count;   // of the file
    Field type, interpreter_offset, interpreter_bytes;  // of a program header
};
constexpr Layout k32{{28, 4}, {42, 2}, {44, 2}, {0, 4}, {4, 4}, {16, 4}};
constexpr Layout k64{{32, 8}, {54, 2}, {56, 2}, {0, 4}, {8, 8}, {32, 8}};

class Reader {
public:
    Reader(ByteView bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

    [[nodiscard]] std::optional<std::uint64_t> read(std::uint64_t base, Field field) const {
        const auto view = slice(base, field.offset, field.bytes);
        if (!view) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < field.bytes; ++i) {
            const std::size_t at = big_endian_ ? i : field.bytes - 1 - i;
            value = value << 8 | std::to_integer<std::uint64_t>((*view)[at]);
        }
        return value;
    }

    [[nodiscard]] std::optional<ByteView> slice(std::uint64_t base, std::uint64_t offset,
                                                std::uint64_t count) const {
        if (base > bytes_.size() || offset > bytes_.size() - base) return std::nullopt;
        if (count > bytes_.size() - base - offset) return std::nullopt;
        return bytes_.subspan(static_cast<std::size_t>(base + offset),
                              static_cast<std::size_t>(count));
    }

private:
    ByteView bytes_;
    bool big_endian_;
};

// Empty: none, or it lies too far behind to be known.
std::string loader_of(const Reader& reader, const Layout& layout) {
    const auto begin = reader.read(0, layout.headers_offset);
    const auto size = reader.read(0, layout.header_bytes);
    const auto count = reader.read(0, layout.header_count);
    if (!begin || !size || !count || *size == 0) return {};
    for (std::uint64_t i = 0; i < *count; ++i) {
        if (*begin > kHeaderBytes) return {};
        const std::uint64_t header = *begin + i * *size;
        const auto type = reader.read(header, layout.type);
        if (!type) return {};
        if (*type != kInterpreterHeader) continue;
        const auto offset = reader.read(header, layout.interpreter_offset);
        const auto length = reader.read(header, layout.interpreter_bytes);
        if (!offset || !length || *length > kPathMaximum) return {};
        const auto name = reader.slice(*offset, 0, *length);
        if (!name) return {};
        const std::string_view text = base::as_text(*name);
        return std::string(text.substr(0, text.find('\0')));
    }
    return {};
}

ProgramHeader read_elf(ByteView start) {
    ProgramHeader header{.kind = ProgramHeader::Kind::elf, .interpreter = {}};
    header.is_64_bit = start[4] == std::byte{2};
    const Reader reader(start, start[5] == std::byte{2});
    const auto machine = reader.read(18, {0, 2});
    if (!machine) return {};
    header.machine = static_cast<Machine>(*machine);
    header.interpreter = loader_of(reader, header.is_64_bit ? k64 : k32);
    return header;
}

ProgramHeader read_script(std::string_view text) {
    text = text.substr(2, kScriptLine - 2);
    text = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    text = text.substr(0, text.find_first_of(std::string_view(" \t\0", 3)));
    return {.kind = ProgramHeader::Kind::script, .interpreter = std::string(text)};
}

struct Name {
    Machine machine;
    std::string_view text;
};
constexpr std::array<Name, 10> kNames{{{Machine::i386, "i386"},
                                       {Machine::mips, "mips"},
                                       {Machine::ppc, "ppc"},
                                       {Machine::ppc64, "ppc64"},
                                       {Machine::s390x, "s390x"},
                                       {Machine::arm, "arm"},
                                       {Machine::x86_64, "x86_64"},
                                       {Machine::aarch64, "aarch64"},
                                       {Machine::riscv, "riscv"},
                                       {Machine::loongarch, "loongarch"}}};

// Of two brothers the younger, else the machine itself.
Machine family_of(Machine machine) {
    if (machine == Machine::i386) return Machine::x86_64;
    if (machine == Machine::arm) return Machine::aarch64;
    if (machine == Machine::ppc) return Machine::ppc64;
    return machine;
}

}  // namespace

ProgramHeader read_program_header(ByteView start) {
    const std::string_view text = base::as_text(start);
    if (text.empty()) return {.kind = ProgramHeader::Kind::empty, .interpreter = {}};
    if (text.starts_with("#!")) return read_script(text);
    if (text.starts_with("\x7f"
                         "ELF") &&
        text.size() > kIdentBytes)
        return read_elf(start);
    return {};
}

std::string name_of(Machine machine) {
    for (const Name& name : kNames) {
        if (name.machine == machine) return std::string(name.text);
    }
    return cat("machine ", static_cast<std::uint16_t>(machine));
}

Machine own_machine() {
#if defined(__x86_64__)
    return Machine::x86_64;
#elif defined(__i386__)
    return Machine::i386;
#elif defined(__aarch64__)
    return Machine::aarch64;
#elif defined(__arm__)
    return Machine::arm;
#elif defined(__riscv)
    return Machine::riscv;
#else
    return Machine{};
#endif
}

bool may_run(Machine own, Machine other) {
    return own == Machine{} || family_of(own) == family_of(other);
}

}  // namespace nbdroot::agent::root
