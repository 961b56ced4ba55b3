#include "agent/resident/relay_store.h"

#include <atomic>
#include <utility>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::agent::resident {
namespace {

constexpr std::size_t kHeaderBytes = 4096;  // the header has a page of its own
static_assert(sizeof(RelayHeader) <= kHeaderBytes);

// The largest reply (512 KiB of a READ and its header), and room for small ones behind it.
constexpr std::size_t kReplyBytes = 640 << 10;

// The first byte of a request's magic, and what stands there once it is answered.
constexpr auto kMagicByte = static_cast<std::byte>(protocol::nbd::kRequestMagic >> 24);
constexpr auto kAnsweredByte = std::byte{0x7f};
static_assert(kMagicByte != kAnsweredByte);

}  // namespace

RelayStore RelayStore::over(ByteSpan memory) {
    NBDROOT_ASSERT(memory.size() == kRelayMemoryBytes);
    auto& header = *reinterpret_cast<RelayHeader*>(memory.data());
    const ByteSpan rings = memory.subspan(kHeaderBytes);
    return {header, Ring(rings.subspan(kReplyBytes)), Ring(rings.first(kReplyBytes))};
}

template <class T>
void RelayStore::store(T& field, T value) {
    std::atomic_ref(field).store(value, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (watcher_) watcher_();
}

std::uint64_t RelayStore::position(const StreamCount& count) {
    const StreamCount::Record& record = count.records[count.current & 1];
    return record.base + record.transfer.moved_bytes;
}

sys::TransferRecord& RelayStore::next(StreamCount& count) {
    const std::uint64_t idle = (count.current & 1) ^ 1;
    StreamCount::Record& record = count.records[idle];
    store(record.base, position(count));
    store(record.transfer.moved_bytes, std::uint32_t{0});
    store(count.current, idle);
    return record.transfer;
}

sys::TransferRecord& RelayStore::next_receive() { return next(header_->from_kernel); }

sys::TransferRecord& RelayStore::next_delivery() { return next(header_->to_kernel); }

void RelayStore::set_oldest(std::uint64_t position) { store(header_->oldest, position); }

// reply_end is cleared first: with the old one, which equals `committed`, a crash after the next
// store would mark a request that has no reply.
void RelayStore::answer(const Answer& answer) {
    store(header_->answering.reply_end, std::uint64_t{0});
    store(header_->answering.request, answer.request);
    store(header_->answering.reply_end, answer.reply_end);
    store(header_->committed, answer.reply_end);
    store(requests_.at(answer.request), kAnsweredByte);
}

// Not where `oldest` has passed the request already: its place may be another's by now.
void RelayStore::finish_answer() {
    const auto& answering = header_->answering;
    if (answering.reply_end == 0 || answering.reply_end != header_->committed) return;
    if (answering.request < header_->oldest) return;
    store(requests_.at(answering.request), kAnsweredByte);
}

bool RelayStore::is_answered(std::uint64_t position) const {
    return requests_.at(position) == kAnsweredByte;
}

void RelayStore::restore_magic(ByteSpan header) { header.front() = kMagicByte; }

}  // namespace nbdroot::agent::resident
