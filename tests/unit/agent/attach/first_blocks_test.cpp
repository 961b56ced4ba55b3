#include "agent/attach/first_blocks.h"

#include <algorithm>

#include "agent/disk/superblock.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/transmission.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

namespace nbd = protocol::nbd;

constexpr std::uint32_t kProbe = disk::kProbeBytes;

nbd::ExportInfo disk_of(std::uint64_t size_bytes) { return {.size_bytes = size_bytes}; }

nbd::ExportInfo disk_of(std::uint64_t size_bytes, const nbd::BlockSizes& sizes) {
    return {.size_bytes = size_bytes, .block_sizes = sizes};
}

FirstBlocks machine(const nbd::ExportInfo& info = disk_of(1 << 20)) {
    return FirstBlocks(info, "10.0.0.1:10809");
}

Bytes reply(std::uint64_t cookie, std::uint32_t length,
            nbd::ErrorNumber error = nbd::ErrorNumber::none) {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.value(encode(nbd::SimpleReply{.error = error, .cookie = cookie}));
    for (std::uint32_t i = 0; i < length; ++i) writer.u8(static_cast<std::uint8_t>(i / 512));
    return bytes;
}

nbd::Request request_in(const Bytes& output) {
    REQUIRE(output.size() == nbd::kRequestSize);
    return nbd::parse_request(std::span(output).first<nbd::kRequestSize>()).value();
}

// Answers every request with what it asked for.
std::vector<nbd::Request> serve(FirstBlocks& blocks) {
    std::vector<nbd::Request> requests;
    for (Bytes output = blocks.take_output(); !output.empty(); output = blocks.take_output()) {
        requests.push_back(request_in(output));
        blocks.on_bytes(reply(requests.back().cookie, requests.back().length_bytes));
    }
    return requests;
}

std::string broken_by(FirstBlocks& blocks, const Bytes& bytes) {
    blocks.on_bytes(bytes);
    const auto* broken = std::get_if<FirstBlocks::Broken>(&blocks.outcome());
    return broken == nullptr ? "" : broken->error.message();
}

}  // namespace

TEST_CASE("one request reads the start of a disk") {
    FirstBlocks blocks = machine();
    const nbd::Request request = request_in(blocks.take_output());
    CHECK(request == nbd::Request{.command = nbd::Command::read,
                                  .cookie = request.cookie,
                                  .length_bytes = kProbe});
    const Bytes bytes = reply(request.cookie, kProbe);
    for (const std::byte byte : bytes) {
        REQUIRE(std::holds_alternative<FirstBlocks::InProgress>(blocks.outcome()));
        blocks.on_bytes(ByteView(&byte, 1));
    }
    const auto* read = std::get_if<FirstBlocks::Read>(&blocks.outcome());
    REQUIRE(read != nullptr);
    CHECK(std::equal(read->bytes.begin(), read->bytes.end(), bytes.begin() + 16, bytes.end()));
}

TEST_CASE("requests keep to the disk's end, its blocks and its longest payload") {
    const auto [info, lengths,
                count] = GENERATE(table<nbd::ExportInfo, std::vector<std::uint32_t>, std::size_t>({
        {disk_of(kProbe), {kProbe}, kProbe},
        {disk_of(5000), {4608}, 4608},
        {disk_of(511), {}, 0},
        {disk_of(1 << 20, {.minimum = 4096, .maximum_payload = 32768}),
         {32768, 32768, 4096},
         kProbe},
        {disk_of(1 << 20, {.minimum = 65536, .maximum_payload = 65536}), {65536, 65536}, kProbe},
        {disk_of(70000, {.minimum = 65536, .maximum_payload = UINT32_MAX}), {65536}, 65536},
    }));
    FirstBlocks blocks = machine(info);
    const auto requests = serve(blocks);
    REQUIRE(requests.size() == lengths.size());
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        CHECK(requests[i].offset_bytes == offset);
        CHECK(requests[i].length_bytes == lengths[i]);
        CHECK(nbd::check_request(requests[i], info) == nbd::ErrorNumber::none);
        offset += lengths[i];
    }
    const auto* read = std::get_if<FirstBlocks::Read>(&blocks.outcome());
    REQUIRE(read != nullptr);
    CHECK(read->bytes.size() == count);
}

TEST_CASE("garbage instead of a reply breaks the connection") {
    FirstBlocks blocks = machine();
    CHECK(broken_by(blocks, Bytes(16, std::byte{'x'})).find("magic") != std::string::npos);
}

TEST_CASE("a reply to an unknown cookie breaks the connection") {
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    CHECK(broken_by(blocks, reply(cookie + 1, 0)) ==
          "read the first blocks of 10.0.0.1:10809: a reply to a request that was not made");
}

TEST_CASE("an error reply to an unknown cookie breaks the connection too") {
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    CHECK(broken_by(blocks, reply(cookie + 1, 0, nbd::ErrorNumber::io)) != "");
}

TEST_CASE("a reply larger than asked breaks the connection") {
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    CHECK(broken_by(blocks, reply(cookie, kProbe + 1)) ==
          "read the first blocks of 10.0.0.1:10809: the server sent 1 bytes that nobody asked for");
}

TEST_CASE("bytes after the end break the connection") {
    FirstBlocks blocks = machine();
    serve(blocks);
    CHECK(broken_by(blocks, Bytes(3)) != "");
}

TEST_CASE("a server that leaves in the middle breaks the connection") {
    const std::size_t received = GENERATE(0U, 7U, 16U, 100U);
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    blocks.on_bytes(ByteView(reply(cookie, kProbe)).first(received));
    blocks.on_end();
    const auto* broken = std::get_if<FirstBlocks::Broken>(&blocks.outcome());
    REQUIRE(broken != nullptr);
    CHECK(broken->error.reason == "the server closed the connection before the end of its reply");
}

TEST_CASE("an error reply leaves a usable connection") {
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    blocks.on_bytes(reply(cookie, 0, nbd::ErrorNumber::io));
    const auto* unreadable = std::get_if<FirstBlocks::Unreadable>(&blocks.outcome());
    REQUIRE(unreadable != nullptr);
    CHECK(unreadable->error.message() ==
          "read the first blocks of 10.0.0.1:10809: the server answers Input/output error");
    blocks.on_end();
    CHECK(std::holds_alternative<FirstBlocks::Unreadable>(blocks.outcome()));
}

TEST_CASE("a server that shuts down is not taken for one with a broken disk") {
    FirstBlocks blocks = machine();
    const auto cookie = request_in(blocks.take_output()).cookie;
    CHECK(broken_by(blocks, reply(cookie, 0, nbd::ErrorNumber::shutdown)) ==
          "read the first blocks of 10.0.0.1:10809: the server is shutting down");
}

}  // namespace nbdroot::agent::attach
