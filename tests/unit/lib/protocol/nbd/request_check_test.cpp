// Which requests are refused, and with which error of proto.md, "Error values".
#include <string>

#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/transmission.h"
#include "tests/support/catch.h"

namespace nbdroot::protocol::nbd {
namespace {

constexpr std::uint64_t kSize = 1000000;  // a multiple of 64 only: no block size that is usual
constexpr std::uint16_t kEverything = kTransmitHasFlags | kTransmitSendFlush | kTransmitSendFua |
                                      kTransmitSendTrim | kTransmitSendWriteZeroes |
                                      kTransmitSendCache | kTransmitSendFastZero;

ExportInfo writable() { return {.size_bytes = kSize, .transmission_flags = kEverything}; }

ExportInfo without(std::uint16_t flag) {
    ExportInfo info = writable();
    info.transmission_flags &= static_cast<std::uint16_t>(~flag);
    return info;
}

ExportInfo read_only() {
    ExportInfo info = writable();
    info.transmission_flags |= kTransmitReadOnly;
    return info;
}

Request request(Command command, std::uint64_t offset, std::uint32_t length,
                std::uint16_t flags = 0) {
    return {.command = command, .flags = flags, .offset_bytes = offset, .length_bytes = length};
}

// FLUSH has neither offset nor length.
Request usual(Command command, std::uint16_t flags = 0) {
    return request(command, 0, command == Command::flush ? 0 : 512, flags);
}

TEST_CASE("a usual request of every command is fine") {
    const auto command = GENERATE(Command::read, Command::write, Command::flush, Command::trim,
                                  Command::cache, Command::write_zeroes);
    CHECK(check_request(usual(command), writable()) == ErrorNumber::none);
}

TEST_CASE("unknown commands are EINVAL", "[T6]") {
    const auto command = GENERATE(Command::block_status, Command::resize, static_cast<Command>(9),
                                  static_cast<Command>(0xffff));
    CHECK(check_request(usual(command), writable()) == ErrorNumber::invalid);
}

TEST_CASE("a command that was not advertised is EINVAL") {
    const auto [command, flag] = GENERATE(
        table<Command, std::uint16_t>({{Command::flush, kTransmitSendFlush},
                                       {Command::trim, kTransmitSendTrim},
                                       {Command::cache, kTransmitSendCache},
                                       {Command::write_zeroes, kTransmitSendWriteZeroes}}));
    CHECK(check_request(usual(command), without(flag)) == ErrorNumber::invalid);
}

TEST_CASE("READ and WRITE need no advertisement") {
    const ExportInfo info = {.size_bytes = kSize};
    CHECK(check_request(usual(Command::read), info) == ErrorNumber::none);
    CHECK(check_request(usual(Command::write), info) == ErrorNumber::none);
}

TEST_CASE("whatever writes is EPERM on a read-only export, advertised or not") {
    const auto command = GENERATE(Command::write, Command::trim, Command::write_zeroes);
    CHECK(check_request(usual(command), read_only()) == ErrorNumber::permission);
    CHECK(check_request(usual(command),
                        {.size_bytes = kSize, .transmission_flags = kTransmitReadOnly}) ==
          ErrorNumber::permission);
}

TEST_CASE("whatever only reads is fine on a read-only export") {
    const auto command = GENERATE(Command::read, Command::flush, Command::cache);
    CHECK(check_request(usual(command), read_only()) == ErrorNumber::none);
}

TEST_CASE("DISC is never answered, whatever it carries") {
    CHECK(check_request(request(Command::disconnect, UINT64_MAX, UINT32_MAX, 0xffff),
                        read_only()) == ErrorNumber::none);
}

TEST_CASE("FUA is fine with every command where it is advertised, else EINVAL") {
    const auto command = GENERATE(Command::read, Command::write, Command::flush, Command::trim,
                                  Command::cache, Command::write_zeroes);
    CHECK(check_request(usual(command, kCommandFua), writable()) == ErrorNumber::none);
    CHECK(check_request(usual(command, kCommandFua), without(kTransmitSendFua)) ==
          ErrorNumber::invalid);
}

TEST_CASE("NO_HOLE and FAST_ZERO belong to WRITE_ZEROES alone", "[T8]") {
    const auto flag = GENERATE(kCommandNoHole, kCommandFastZero);
    const auto command =
        GENERATE(Command::read, Command::write, Command::flush, Command::trim, Command::cache);
    CHECK(check_request(usual(Command::write_zeroes, flag), writable()) == ErrorNumber::none);
    CHECK(check_request(usual(command, flag), writable()) == ErrorNumber::invalid);
}

TEST_CASE("FAST_ZERO that was not advertised is EINVAL, NO_HOLE needs no advertisement") {
    const ExportInfo info = without(kTransmitSendFastZero);
    CHECK(check_request(usual(Command::write_zeroes, kCommandFastZero), info) ==
          ErrorNumber::invalid);
    CHECK(check_request(usual(Command::write_zeroes, kCommandNoHole), info) == ErrorNumber::none);
}

TEST_CASE("unknown flags are EINVAL") {
    const auto bit = GENERATE(2, 3, 5, 6, 15);  // 2 is DF, 3 REQ_ONE: both need structured replies
    const auto flags = static_cast<std::uint16_t>(1u << bit);
    CHECK(check_request(usual(Command::read, flags), writable()) == ErrorNumber::invalid);
    CHECK(check_request(usual(Command::write_zeroes, flags), writable()) == ErrorNumber::invalid);
}

TEST_CASE("FLUSH with an offset or a length is EINVAL") {
    CHECK(check_request(request(Command::flush, 1, 0), writable()) == ErrorNumber::invalid);
    CHECK(check_request(request(Command::flush, 0, 1), writable()) == ErrorNumber::invalid);
}

TEST_CASE("beyond the end: EINVAL for what reads or discards, ENOSPC for what writes") {
    const auto [offset, length] = GENERATE(table<std::uint64_t, std::uint32_t>({
        {kSize - 511, 512},
        {kSize, 1},
        {kSize + 1, 0},
        {UINT64_MAX, 0},
        {UINT64_MAX, 1},
        {UINT64_MAX - 511, 512},  // offset + length is 0 in 64 bits
        {UINT64_MAX, UINT32_MAX},
        {0, UINT32_MAX},
        {1, kSize},
    }));
    const auto check = [&, at = offset, count = length](Command command) {
        return check_request(request(command, at, count), writable());
    };
    CHECK(check(Command::read) == ErrorNumber::invalid);
    CHECK(check(Command::trim) == ErrorNumber::invalid);
    CHECK(check(Command::cache) == ErrorNumber::invalid);
    CHECK(check(Command::write) == ErrorNumber::no_space);
    CHECK(check(Command::write_zeroes) == ErrorNumber::no_space);
}

TEST_CASE("the last byte and the whole export are inside") {
    const auto command = GENERATE(Command::read, Command::write, Command::trim, Command::cache,
                                  Command::write_zeroes);
    CHECK(check_request(request(command, kSize - 1, 1), writable()) == ErrorNumber::none);
    CHECK(check_request(request(command, 0, kSize), writable()) == ErrorNumber::none);
}

TEST_CASE("the end of the largest export is reached without overflow", "[T16]") {
    const ExportInfo info = {.size_bytes = UINT64_MAX};
    CHECK(check_request(request(Command::read, UINT64_MAX - 512, 512), info) == ErrorNumber::none);
    CHECK(check_request(request(Command::read, UINT64_MAX - 511, 512), info) ==
          ErrorNumber::invalid);
}

TEST_CASE("an export of 0 bytes has nothing inside") {
    CHECK(check_request(request(Command::read, 0, 1), {}) == ErrorNumber::invalid);
    CHECK(check_request(request(Command::read, 0, 0), {}) == ErrorNumber::none);
}

TEST_CASE("a length of 0 is no error") {
    const auto command = GENERATE(Command::read, Command::write, Command::trim, Command::cache,
                                  Command::write_zeroes);
    const auto offset = GENERATE(std::uint64_t{0}, std::uint64_t{7}, kSize);
    CHECK(check_request(request(command, offset, 0), writable()) == ErrorNumber::none);
}

TEST_CASE("what is not aligned to the minimum block is EINVAL") {
    const auto command = GENERATE(Command::read, Command::write, Command::trim, Command::cache,
                                  Command::write_zeroes);
    const auto [offset, length, error] = GENERATE(table<std::uint64_t, std::uint32_t, ErrorNumber>({
        {512, 512, ErrorNumber::none},
        {0, 1024, ErrorNumber::none},
        {256, 512, ErrorNumber::invalid},
        {512, 256, ErrorNumber::invalid},
        {1, 0, ErrorNumber::invalid},
    }));
    ExportInfo info = writable();
    info.block_sizes = BlockSizes{512, 4096, kMaximumPayload};
    CHECK(check_request(request(command, offset, length), info) == error);
}

TEST_CASE("READ and WRITE above the maximum payload are EINVAL, other lengths are not payload") {
    ExportInfo info = writable();
    info.block_sizes = BlockSizes{1, 4096, 8192};
    for (const auto command : {Command::read, Command::write}) {
        CHECK(check_request(request(command, 0, 8192), info) == ErrorNumber::none);
        CHECK(check_request(request(command, 0, 8193), info) == ErrorNumber::invalid);
    }
    for (const auto command : {Command::trim, Command::cache, Command::write_zeroes}) {
        CHECK(check_request(request(command, 0, 8193), info) == ErrorNumber::none);
    }
}

TEST_CASE("without block sizes a payload may have 32 MiB, with 0xffffffff any length") {
    ExportInfo info = {.size_bytes = std::uint64_t{1} << 40};
    CHECK(check_request(request(Command::read, 0, kMaximumPayload), info) == ErrorNumber::none);
    CHECK(check_request(request(Command::read, 0, kMaximumPayload + 1), info) ==
          ErrorNumber::invalid);
    info.block_sizes = BlockSizes{1, 4096, UINT32_MAX};
    CHECK(check_request(request(Command::read, 0, UINT32_MAX), info) == ErrorNumber::none);
}

constexpr Features kStructured{.structured_replies = true};
constexpr Features kStatus{.structured_replies = true, .block_status = true};

TEST_CASE("BLOCK_STATUS without a context is EINVAL") {
    const auto asked = usual(Command::block_status);
    CHECK(check_request(asked, writable()) == ErrorNumber::invalid);
    CHECK(check_request(asked, writable(), kStructured) == ErrorNumber::invalid);
    CHECK(check_request(asked, writable(), kStatus) == ErrorNumber::none);
    CHECK(check_request(asked, read_only(), kStatus) == ErrorNumber::none);
}

TEST_CASE("BLOCK_STATUS has no payload whose length is limited") {
    const ExportInfo large{.size_bytes = std::uint64_t{1} << 40, .transmission_flags = kEverything};
    const auto status = [&](std::uint64_t offset, std::uint32_t length) {
        return check_request(request(Command::block_status, offset, length), large, kStatus);
    };
    CHECK(status(0, UINT32_MAX) == ErrorNumber::none);
    CHECK(status(large.size_bytes - UINT32_MAX, UINT32_MAX) == ErrorNumber::none);
    CHECK(status(large.size_bytes - UINT32_MAX + 1, UINT32_MAX) == ErrorNumber::invalid);
    CHECK(status(UINT64_MAX, 1) == ErrorNumber::invalid);
}

TEST_CASE("BLOCK_STATUS of no bytes is EINVAL, its reply has no room for nothing") {
    CHECK(check_request(request(Command::block_status, 0, 0), writable(), kStatus) ==
          ErrorNumber::invalid);
}

TEST_CASE("DF is for reads of a client with structured replies, REQ_ONE for BLOCK_STATUS") {
    CHECK(check_request(usual(Command::read, kCommandDf), writable()) == ErrorNumber::invalid);
    CHECK(check_request(usual(Command::read, kCommandDf), writable(), kStructured) ==
          ErrorNumber::none);
    CHECK(check_request(usual(Command::write, kCommandDf), writable(), kStructured) ==
          ErrorNumber::invalid);
    CHECK(check_request(usual(Command::block_status, kCommandReqOne), writable(), kStatus) ==
          ErrorNumber::none);
    CHECK(check_request(usual(Command::read, kCommandReqOne), writable(), kStatus) ==
          ErrorNumber::invalid);
    CHECK(check_request(usual(Command::block_status, kCommandDf), writable(), kStatus) ==
          ErrorNumber::invalid);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
