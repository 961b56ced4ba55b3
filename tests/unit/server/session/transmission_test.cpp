// The transmission phase for clients with structured replies, and what is left of it for others.
#include "server/session/transmission.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbd = nbdroot::protocol::nbd;
using nbd::ChunkType;
using nbd::Command;
using nbd::ErrorNumber;
using nbdroot::ByteReader;
using nbdroot::Bytes;
using nbdroot::ByteView;
using nbdroot::ByteWriter;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::export_::Export;
using nbdroot::server::session::kLongReadPart;
using nbdroot::server::session::kMaximumRunning;
using nbdroot::server::session::kShortRead;
using nbdroot::server::session::OutputQueue;
using nbdroot::server::session::ReplyArena;
using nbdroot::server::session::ReplyForm;
using nbdroot::server::session::Transmission;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

constexpr std::uint32_t kMiB = 1 << 20;
constexpr std::uint32_t kPart = kLongReadPart;
constexpr std::uint32_t kHole = nbd::kStateHole | nbd::kStateZero;
constexpr nbd::Features kStructured{.structured_replies = true, .block_status = true};

struct Chunk {
    ChunkType type = ChunkType::none;
    bool done = false;
    std::string payload;
};

std::string be(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
}

// The payload of an error chunk.
std::string error_of(ErrorNumber error, const std::string& message) {
    return be(static_cast<std::uint64_t>(error), 4) + be(message.size(), 2) + message;
}

std::string descriptors(std::initializer_list<nbd::ExtentDescriptor> list) {
    std::string out = be(1, 4);
    for (const auto& one : list) out += be(one.length_bytes, 4) + be(one.flags, 4);
    return out;
}

// A client's requests on one side, its replies on the other; no socket but the one that collects.
struct Fixture {
    BoundedLoop loop;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    Log log{Level::debug, [](Level, std::string_view) {}};
    TemporaryFile file;
    ReplyArena replies;
    OutputQueue output;
    std::shared_ptr<Transmission> transmission;
    std::string seen;

    explicit Fixture(const nbd::Features& features, std::string_view contents = "",
                     std::uint32_t size = 4 * kMiB)
        : file(contents) {
        REQUIRE(::truncate(file.path().c_str(), size) == 0);
        auto target = std::make_shared<Export>(
            Export::Traits{.name = "disk"}, std::move(*Image::open(file.path(), Access::writable)),
            *pool, log);
        transmission = std::make_shared<Transmission>(
            std::move(target), nullptr, replies, output, [] {}, ReplyForm(features));
    }

    std::size_t send(Command command, std::uint64_t offset, std::uint32_t length,
                     std::uint16_t flags = 0, std::string_view payload = "") {
        Bytes bytes;
        ByteWriter writer(bytes);
        writer.value(nbd::encode(nbd::Request{.command = command,
                                              .flags = flags,
                                              .cookie = 7,
                                              .offset_bytes = offset,
                                              .length_bytes = length}));
        writer.text(payload);
        return transmission->on_bytes(bytes);
    }

    // Until every request is answered, as a session does it.
    void finish() {
        auto pair = std::move(*nbdroot::sys::make_stream_pair());
        Bytes piece(1 << 16);
        loop.run_until([&] {
            transmission->advance();
            REQUIRE(output.send(pair.first.get(), replies.view()));
            replies.clear();
            for (;;) {
                const auto got = nbdroot::sys::receive_some(pair.second.get(), piece, "");
                if (!got || !*got) break;
                seen += as_text(ByteView(piece).first(**got));
            }
            return transmission->broken() || (transmission->idle() && output.empty());
        });
    }

    // All replies, which must be chunks of the request's cookie.
    std::vector<Chunk> chunks() {
        finish();
        std::vector<Chunk> all;
        ByteReader reader(as_bytes(seen));
        while (reader.remaining() > 0) {
            const auto bytes = reader.bytes(nbd::kChunkHeaderSize);
            REQUIRE(bytes);
            const auto header = nbd::parse_chunk_header(bytes->first<nbd::kChunkHeaderSize>());
            REQUIRE(header);
            CHECK(header->cookie == 7);
            const auto payload = reader.text(header->length_bytes);
            REQUIRE(payload);
            all.push_back({.type = header->type,
                           .done = header->flags == nbd::kChunkDone,
                           .payload = std::string(*payload)});
        }
        return all;
    }

    Chunk only_chunk() {
        const auto all = chunks();
        REQUIRE(all.size() == 1);
        CHECK(all.front().done);
        return all.front();
    }
};

std::string random_looking(std::size_t size) {
    std::string text(size, 0);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + (i >> 8) + 1);
    return text;
}

}  // namespace

TEST_CASE("a read is one chunk with its offset and its data") {
    Fixture f(kStructured, "0123456789");
    f.send(Command::read, 2, 4);
    const Chunk chunk = f.only_chunk();
    CHECK(chunk.type == ChunkType::offset_data);
    CHECK(chunk.payload == be(2, 8) + "2345");
}

TEST_CASE("a read of nothing is done") {
    Fixture f(kStructured);
    f.send(Command::read, 2, 0);
    CHECK(f.only_chunk().type == ChunkType::none);
}

TEST_CASE("a read that is refused gets an error chunk, never a simple reply") {
    Fixture f(kStructured);
    f.send(Command::read, 4 * kMiB, 1);
    const Chunk chunk = f.only_chunk();
    CHECK(chunk.type == ChunkType::error);
    CHECK(chunk.payload ==
          error_of(ErrorNumber::invalid,
                   "unknown command or flag, or a range that this export does not have"));
}

TEST_CASE("a write that is refused says why") {
    Fixture f(kStructured);
    f.send(Command::write, 4 * kMiB, 1, 0, "x");
    CHECK(f.only_chunk().payload ==
          error_of(ErrorNumber::no_space, "beyond the end of the export"));
}

TEST_CASE("success without data is a simple reply also among structured ones") {
    Fixture f(kStructured);
    f.send(Command::write, 1, 2, 0, "ab");
    f.send(Command::flush, 0, 0);
    f.finish();
    const std::string done = be(nbd::kSimpleReplyMagic, 4) + be(0, 4) + be(7, 8);
    CHECK(f.seen == done + done);
}

TEST_CASE(
    "a long read is a chunk for each of its parts, which end on pages, and only the last is done") {
    const std::string contents = random_looking(3 * kMiB);
    Fixture f(kStructured, contents);
    f.send(Command::read, 5, 2 * kPart + 100);
    const auto all = f.chunks();
    REQUIRE(all.size() == 3);
    const std::size_t ends[] = {5, kPart, 2 * std::size_t{kPart}, 2 * std::size_t{kPart} + 105};
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].type == ChunkType::offset_data);
        CHECK(all[i].done == (i == 2));
        CHECK((all[i].payload == be(ends[i], 8) + contents.substr(ends[i], ends[i + 1] - ends[i])));
    }
}

TEST_CASE("what fails in a later part of a long read is an error at its place") {
    Fixture f(kStructured, std::string(kMiB, 'x'));
    REQUIRE(::truncate(f.file.path().c_str(), kPart) == 0);
    f.send(Command::read, 0, 3 * kPart);
    const auto all = f.chunks();
    REQUIRE(all.size() == 2);
    CHECK(all[0].type == ChunkType::offset_data);
    CHECK_FALSE(all[0].done);
    CHECK(all[1].type == ChunkType::error_offset);
    CHECK(all[1].done);
    CHECK(all[1].payload ==
          error_of(ErrorNumber::io, "the image ends at or before byte 1048576") + be(kPart, 8));
    CHECK_FALSE(f.transmission->broken());
    CHECK(f.transmission->idle());
    CHECK(f.transmission->traffic().error_replies == 1);
    CHECK(f.transmission->traffic().read_bytes == kPart);
}

TEST_CASE("what fails in a later part of a simple reply ends the connection") {
    Fixture f({}, std::string(kMiB, 'x'));
    REQUIRE(::truncate(f.file.path().c_str(), kPart) == 0);
    f.send(Command::read, 0, 3 * kPart);
    f.finish();
    CHECK(f.transmission->broken());
}

TEST_CASE("a long read that fails at once, and a short one, are an error chunk") {
    const std::uint32_t length = GENERATE(512u, 3 * kPart);
    Fixture f(kStructured, std::string(kMiB, 'x'));
    REQUIRE(::truncate(f.file.path().c_str(), 0) == 0);
    f.send(Command::read, 0, length);
    const Chunk chunk = f.only_chunk();
    CHECK(chunk.type == ChunkType::error);
    CHECK(chunk.payload == error_of(ErrorNumber::io, "the image ends at or before byte 0"));
    CHECK(f.transmission->traffic().read_bytes == 0);
}

TEST_CASE("a read that must not be fragmented is one chunk, or refused") {
    Fixture f(kStructured, random_looking(kMiB));
    f.send(Command::read, 0, kShortRead, nbd::kCommandDf);
    const Chunk whole = f.only_chunk();
    CHECK(whole.type == ChunkType::offset_data);
    CHECK(whole.payload.size() == 8 + kShortRead);
    f.seen.clear();
    f.send(Command::read, 0, kShortRead + 1, nbd::kCommandDf);
    CHECK(f.only_chunk().payload ==
          error_of(ErrorNumber::overflow, "too long to be sent in one piece"));
    CHECK(f.transmission->traffic().read_bytes == kShortRead);
    CHECK(f.transmission->traffic().error_replies == 1);
}

TEST_CASE("parts of a long read that are all zero are said, not sent") {
    const std::string contents = random_looking(kMiB);
    Fixture f(kStructured, contents);
    f.send(Command::read, 0, 4 * kMiB);
    std::string read(4 * std::size_t{kMiB}, '?');
    const auto all = f.chunks();
    CHECK(all.size() == 4);
    for (const Chunk& chunk : all) {
        CHECK((chunk.type == ChunkType::offset_data) == (&chunk == &all.front()));
        ByteReader reader(as_bytes(chunk.payload));
        const std::uint64_t offset = reader.be_u64().value_or(0);
        if (chunk.type == ChunkType::offset_hole) {
            const std::uint32_t size = reader.be_u32().value_or(0);
            read.replace(offset, size, size, '\0');
        } else {
            const std::string_view data = as_text(reader.rest());
            read.replace(offset, data.size(), data);
        }
    }
    CHECK((read == contents + std::string(3 * std::size_t{kMiB}, '\0')));
}

TEST_CASE("zeroes are said to a client with structured replies only, and only many of them") {
    const std::uint32_t length = GENERATE(65535u, 65536u, 262144u);
    Fixture f(kStructured);
    f.send(Command::read, 1000, length);
    const Chunk chunk = f.only_chunk();
    if (length < 65536) {
        CHECK((chunk.payload == be(1000, 8) + std::string(length, '\0')));
    } else {
        CHECK(chunk.type == ChunkType::offset_hole);
        CHECK(chunk.payload == be(1000, 8) + be(length, 4));
    }
    Fixture other({});
    other.send(Command::read, 1000, length);
    other.finish();
    CHECK(other.seen.size() == nbd::kSimpleReplySize + length);
}

TEST_CASE("one byte among zeroes is not lost, wherever it is") {
    const std::size_t place = GENERATE(0u, 1u, 4095u, 65534u, 65535u);
    std::string contents(65536, '\0');
    contents[place] = 'x';
    Fixture f(kStructured, contents);
    f.send(Command::read, 0, 65536);
    const Chunk chunk = f.only_chunk();
    CHECK(chunk.type == ChunkType::offset_data);
    CHECK((chunk.payload == be(0, 8) + contents));
}

TEST_CASE("BLOCK_STATUS tells holes from data") {
    Fixture f(kStructured, std::string(kMiB, 'x'));
    f.send(Command::block_status, 4096, 2 * kMiB);
    const Chunk chunk = f.only_chunk();
    CHECK(chunk.type == ChunkType::block_status);
    CHECK(chunk.payload == descriptors({{kMiB - 4096, 0}, {kMiB + 4096, kHole}}));
}

TEST_CASE("BLOCK_STATUS with REQ_ONE tells of one extent") {
    Fixture f(kStructured, std::string(kMiB, 'x'));
    f.send(Command::block_status, 4096, 2 * kMiB, nbd::kCommandReqOne);
    CHECK(f.only_chunk().payload == descriptors({{kMiB - 4096, 0}}));
}

TEST_CASE("BLOCK_STATUS of the last byte") {
    Fixture f(kStructured);
    f.send(Command::block_status, 4 * kMiB - 1, 1);
    CHECK(f.only_chunk().payload == descriptors({{1, kHole}}));
}

TEST_CASE("what a write was acknowledged for is no hole any more") {
    Fixture f(kStructured);
    f.send(Command::write, kMiB, 1, 0, "x");
    f.finish();
    f.seen.clear();
    f.send(Command::block_status, kMiB, 1);
    CHECK(f.only_chunk().payload == descriptors({{1, 0}}));
}

TEST_CASE("BLOCK_STATUS without a context is refused with a reason") {
    Fixture f({.structured_replies = true});
    f.send(Command::block_status, 0, 4096);
    CHECK(f.only_chunk().type == ChunkType::error);
}

TEST_CASE("BLOCK_STATUS of a client with simple replies is refused with one") {
    Fixture f({});
    f.send(Command::block_status, 0, 4096);
    f.finish();
    CHECK(f.seen == be(nbd::kSimpleReplyMagic, 4) + be(22, 4) + be(7, 8));
}

TEST_CASE("requests for BLOCK_STATUS that wait for workers are bounded") {
    Fixture f(kStructured);
    std::size_t taken = 0;
    while (taken < 2 * kMaximumRunning && f.send(Command::block_status, 0, 4096) > 0) ++taken;
    CHECK(taken == kMaximumRunning);
    CHECK(f.chunks().size() == taken);
}

TEST_CASE("looks for holes without end leave room in the workers' queue") {
    Fixture f(kStructured);
    for (int i = 0; i < 20; ++i) f.send(Command::block_status, 0, 4096);
    std::size_t left = 0;
    f.pool->submit({.work = [] {},
                    .done = [&] { left = f.transmission->in_flight(); },
                    .pace = WorkerPool::Pace::slow,
                    .party = &f.transmission->target()});
    f.loop.run_until([&] { return left > 0 || f.transmission->idle(); });
    CHECK(left == 16);
    f.finish();
}
