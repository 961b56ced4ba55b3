#include "server/session/output_queue.h"

#include <array>
#include <cstring>
#include <utility>

#include "lib/sys/gathered_stream.h"

namespace nbdroot::server::session {
namespace {

// Blocks given to one system call; the rest follows with the next.
constexpr std::size_t kBlocksAtOnce = 64;

iovec place_of(ByteView bytes) {
    return {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

void OutputQueue::push(storage::Buffer block) { blocks_.push_back(std::move(block)); }

void OutputQueue::push_copy(ByteView bytes) {
    if (bytes.empty()) return;
    storage::Buffer block(bytes.size());
    std::memcpy(block.span().data(), bytes.data(), bytes.size());
    push(std::move(block));
}

Result<void> OutputQueue::send(int fd, ByteView fresh) {
    while (!blocks_.empty() || !fresh.empty()) {
        std::array<iovec, kBlocksAtOnce + 1> places;
        std::size_t count = 0;
        std::size_t queued = 0;
        for (std::size_t i = 0; i < blocks_.size() && count < kBlocksAtOnce; ++i) {
            const ByteView block = blocks_[i].view().subspan(i == 0 ? sent_of_front_ : 0);
            queued += block.size();
            places[count++] = place_of(block);
        }
        const bool whole_queue = count == blocks_.size();
        const std::size_t offered = queued + (whole_queue ? fresh.size() : 0);
        if (whole_queue && !fresh.empty()) places[count++] = place_of(fresh);
        const auto sent = NBDROOT_TRY(sys::send_gathered(fd, std::span(places).first(count)));
        drop_front(std::min(sent.bytes, queued));
        if (sent.bytes > queued) fresh = fresh.subspan(sent.bytes - queued);
        if (sent.bytes < offered) break;
    }
    push_copy(fresh);
    return {};
}

void OutputQueue::drop_front(std::size_t bytes) {
    while (bytes > 0) {
        const std::size_t left = blocks_.front().size() - sent_of_front_;
        if (bytes < left) {
            sent_of_front_ += bytes;
            return;
        }
        bytes -= left;
        blocks_.pop_front();
        sent_of_front_ = 0;
    }
}

}  // namespace nbdroot::server::session
