#include "agent/root/program_header.h"

#include <string>

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::root;
using Kind = ProgramHeader::Kind;

namespace {

struct Elf {
    bool is_64_bit = true;
    bool big_endian = false;
    Machine machine = Machine::x86_64;
    std::string loader = "/lib/ld.so";
    std::uint64_t loader_offset = 200;
    std::uint64_t headers_offset = 64;
};

void put(std::string& file, std::size_t at, std::uint64_t value, std::size_t bytes, bool big) {
    for (std::size_t i = 0; i < bytes; ++i) {
        file[at + (big ? bytes - 1 - i : i)] = static_cast<char>(value >> (8 * i));
    }
}

// Two program headers, the second of which names the loader.
std::string make(const Elf& elf) {
    std::string file(400, '\0');
    const bool big = elf.big_endian;
    const std::size_t word = elf.is_64_bit ? 8 : 4;
    file.replace(0, 6, {'\x7f', 'E', 'L', 'F', elf.is_64_bit ? '\2' : '\1', big ? '\2' : '\1'});
    put(file, 18, static_cast<std::uint16_t>(elf.machine), 2, big);
    put(file, elf.is_64_bit ? 32 : 28, elf.headers_offset, word, big);
    put(file, elf.is_64_bit ? 54 : 42, 56, 2, big);
    put(file, elf.is_64_bit ? 56 : 44, 2, 2, big);
    put(file, 64, 1, 4, big);
    put(file, 64 + 56, elf.loader.empty() ? 1 : 3, 4, big);
    put(file, 64 + 56 + (elf.is_64_bit ? 8 : 4), elf.loader_offset, word, big);
    put(file, 64 + 56 + (elf.is_64_bit ? 32 : 16), elf.loader.size() + 1, word, big);
    file.replace(200, elf.loader.size(), elf.loader);
    return file;
}

ProgramHeader read(const std::string& text) { return read_program_header(base::as_bytes(text)); }

ProgramHeader script(const char* interpreter) {
    return {.kind = Kind::script, .interpreter = interpreter};
}

}  // namespace

TEST_CASE("a program's architecture and loader are read in both classes and byte orders") {
    const bool is_64_bit = GENERATE(true, false);
    const bool big_endian = GENERATE(true, false);
    const auto machine = GENERATE(Machine::x86_64, Machine::aarch64, Machine::s390x);
    const std::string loader = GENERATE("/lib/ld.so", "");
    CHECK(read(make({.is_64_bit = is_64_bit,
                     .big_endian = big_endian,
                     .machine = machine,
                     .loader = loader})) == ProgramHeader{.kind = Kind::elf,
                                                          .machine = machine,
                                                          .is_64_bit = is_64_bit,
                                                          .interpreter = loader});
}

TEST_CASE("a program that lies about its loader has none") {
    const auto offset = GENERATE(std::uint64_t{390}, std::uint64_t{400}, UINT64_MAX);
    CHECK(read(make({.loader_offset = offset})).interpreter.empty());
    CHECK(read(make({.headers_offset = offset})).interpreter.empty());
    CHECK(read(make({.headers_offset = offset})).kind == Kind::elf);
}

TEST_CASE("a program that is cut short is read as far as it goes") {
    const std::string whole = make({});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ProgramHeader header = read(whole.substr(0, size));
        CHECK((header.interpreter.empty() || header.interpreter == "/lib/ld.so"));
        CHECK((header.kind == Kind::elf) == (size >= 20));
    }
}

TEST_CASE("a script's interpreter is what the kernel takes for it") {
    const auto [text, expected] = GENERATE(table<std::string, ProgramHeader>({
        {"#!/bin/sh\n", script("/bin/sh")},
        {"#! \t/bin/sh -e\necho", script("/bin/sh")},
        {"#!/bin/sh", script("/bin/sh")},
        {"#!/bin/sh\r\n", script("/bin/sh\r")},
        {"#!\n/bin/sh\n", script("")},
        {"#!", script("")},
        {"", {.kind = Kind::empty, .interpreter = {}}},
        {"#", {.kind = Kind::other, .interpreter = {}}},
        {"echo hello\n", {.kind = Kind::other, .interpreter = {}}},
    }));
    CAPTURE(text);
    CHECK(read(text) == expected);
}

TEST_CASE("brothers may run each other's programs, strangers may not") {
    CHECK(may_run(Machine::x86_64, Machine::x86_64));
    CHECK(may_run(Machine::x86_64, Machine::i386));
    CHECK(may_run(Machine::i386, Machine::x86_64));
    CHECK(may_run(Machine::arm, Machine::aarch64));
    CHECK_FALSE(may_run(Machine::x86_64, Machine::aarch64));
    CHECK_FALSE(may_run(Machine::aarch64, Machine::riscv));
    CHECK(may_run(Machine{}, Machine::riscv));  // ours is not known here
    CHECK(name_of(Machine::aarch64) == "aarch64");
    CHECK(name_of(Machine{999}) == "machine 999");
}
