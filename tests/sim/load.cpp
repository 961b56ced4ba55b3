#include "tests/sim/load.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nbdroot::sim {
namespace {

using protocol::nbd::Command;
using protocol::nbd::ErrorNumber;
using protocol::nbd::Request;

// Most requests go to a few blocks: a write that comes too late then lands on a newer one.
constexpr std::uint64_t kHotBlocks = 8;

bool has_range(const Request& request) { return request.command != Command::flush; }
bool changes(const Request& request) {
    return request.command != Command::flush && request.command != Command::read;
}

// Tells which request wrote a block, and which block it was meant for.
Bytes payload_of(std::uint64_t number, const Request& request) {
    Bytes bytes(request.length_bytes, static_cast<std::byte>(number * 7 + 1));
    for (std::size_t at = 0; at < bytes.size(); at += kBlockBytes) {
        const std::uint64_t block = request.offset_bytes / kBlockBytes + at / kBlockBytes;
        std::memcpy(&bytes[at], &number, sizeof number);
        std::memcpy(&bytes[at + sizeof number], &block, sizeof block);
    }
    return bytes;
}

}  // namespace

std::string to_text(const Request& request) {
    const char* name = "?";
    if (request.command == Command::read) name = "READ";
    if (request.command == Command::write) name = "WRITE";
    if (request.command == Command::flush) name = "FLUSH";
    if (request.command == Command::write_zeroes) name = "WRITE_ZEROES";
    if (request.command == Command::disconnect) name = "DISC";
    return cat(name, ' ', request.offset_bytes, '+', request.length_bytes);
}

Load::Load(Env& env, Options options, Bytes content)
    : env_(env),
      options_(options),
      content_(std::move(content)),
      readers_(content_.size() / kBlockBytes),
      writers_(readers_.size()),
      unknown_(readers_.size()) {}

std::optional<Load::Tag> Load::begin() {
    if (begun_ >= options_.requests || in_flight_.size() >= options_.depth) return std::nullopt;
    Work work = draw();
    if (!is_free(work.request)) return std::nullopt;
    Tag tag = 0;
    while (in_flight_.contains(tag)) ++tag;
    occupy(work.request, 1);
    if (work.request.command == Command::write) {
        work.payload = payload_of(begun_ + 1, work.request);
    }
    ++begun_;
    env_.journal.say("kernel: begins ", tag, ' ', to_text(work.request));
    in_flight_.emplace(tag, std::move(work));
    return tag;
}

Load::Work Load::draw() {
    const std::uint64_t draw = env_.random.below(100);
    Request request{.command = Command::read};
    if (!options_.reads_only && draw >= 40) {
        request.command = draw < 88   ? Command::write
                          : draw < 94 ? Command::flush
                                      : Command::write_zeroes;
    }
    if (has_range(request)) draw_range(request);
    if (request.command == Command::write && env_.random.percent(10)) {
        request.flags = protocol::nbd::kCommandFua;
    }
    return {.request = request, .payload = {}};
}

void Load::draw_range(Request& request) {
    const std::uint64_t blocks = readers_.size();
    const std::uint64_t longest = env_.random.one_in(3) ? options_.longest_blocks : 2;
    const std::uint64_t length = env_.random.between(1, longest);
    const std::uint64_t space = env_.random.percent(70) ? std::max(kHotBlocks, length) : blocks;
    request.offset_bytes = env_.random.below(space - length + 1) * kBlockBytes;
    request.length_bytes = static_cast<std::uint32_t>(length) * kBlockBytes;
}

bool Load::is_free(const Request& request) const {
    const std::uint64_t first = request.offset_bytes / kBlockBytes;
    for (std::uint64_t i = first; i < first + request.length_bytes / kBlockBytes; ++i) {
        if (writers_[i] > 0 || (changes(request) && readers_[i] > 0)) return false;
    }
    return true;
}

void Load::occupy(const Request& request, int change) {
    auto& users = changes(request) ? writers_ : readers_;
    const std::uint64_t first = request.offset_bytes / kBlockBytes;
    for (std::uint64_t i = first; i < first + request.length_bytes / kBlockBytes; ++i) {
        users[i] += change;
    }
}

void Load::end(Tag tag, ErrorNumber error, ByteView data) {
    const auto node = in_flight_.extract(tag);
    if (node.empty()) return env_.journal.fail("request ", tag, " is answered once more");
    const Work& work = node.mapped();
    env_.journal.say("kernel: ends ", tag, ' ', to_text(work.request));
    ++answered_;
    occupy(work.request, -1);
    const bool may_fail = errors_allowed_ && error == ErrorNumber::io;
    if (error != ErrorNumber::none && !may_fail) {
        return env_.journal.fail("I/O error ", static_cast<std::uint32_t>(error), ": ",
                                 to_text(work.request));
    }
    if (changes(work.request)) {
        set_unknown(work.request, may_fail);
        return may_fail ? void() : write(work);
    }
    if (work.request.command != Command::read || may_fail) return;
    if (data.size() != work.request.length_bytes ||
        difference(data, work.request.offset_bytes / kBlockBytes)) {
        env_.journal.fail("wrong data: ", to_text(work.request));
    }
}

void Load::set_unknown(const Request& request, bool unknown) {
    const std::uint64_t first = request.offset_bytes / kBlockBytes;
    for (std::uint64_t i = first; i < first + request.length_bytes / kBlockBytes; ++i) {
        unknown_[i] = unknown;
    }
}

std::optional<std::size_t> Load::difference(ByteView bytes, std::size_t first_block) const {
    for (std::size_t block = 0; block < bytes.size() / kBlockBytes; ++block) {
        const auto right = ByteView(content_).subspan((first_block + block) * kBlockBytes);
        const auto found = bytes.subspan(block * kBlockBytes, kBlockBytes);
        if (unknown_[first_block + block]) continue;
        if (!std::ranges::equal(found, right.first(kBlockBytes))) return first_block + block;
    }
    return std::nullopt;
}

void Load::write(const Work& work) {
    auto at = content_.begin() + static_cast<std::ptrdiff_t>(work.request.offset_bytes);
    if (work.request.command == Command::write) {
        std::ranges::copy(work.payload, at);
    } else {
        std::fill_n(at, work.request.length_bytes, std::byte{0});
    }
}

}  // namespace nbdroot::sim
