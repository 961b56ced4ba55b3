// What the relay must not forget when its process is killed, in memory that the guardian shares
// with every session process.
//
// Two streams join it to the kernel's nbd driver: requests come from one, replies go into the
// other, and the driver forgives no byte lost, doubled or moved. A session process may be killed
// between any two instructions; the next one maps the same memory, holds the same socket, and goes
// on.
//
// How every step survives that:
// - The bytes a system call moved are counted by the kernel inside the call (sys::TransferRecord).
//   A position is base + count. Adding them up would take two stores, so there are two records used
//   in turn: the idle one is made ready (its base the position now, its count 0), one store makes
//   it the current one, then comes the call. At every instant one record tells the position.
// - Requests lie in a ring as they came. The unanswered ones are found again by reading headers
//   from the oldest on. An answered request is marked by one byte of its magic.
// - A reply becomes the kernel's when `committed` passes its end: one store. Its request has to be
//   marked by another one, so before it `answering` says which request that is. Whoever finds
//   committed == answering.reply_end makes the mark, perhaps again.
// - What came from a server and is not committed goes with its connection, and so does what was
//   sent to it: none of that is here.
//
// Order: stores must become visible in program order to whoever maps the memory after the process
// has ended. That process has then executed a prefix of its instructions, all of which have taken
// effect, and wait(2) lies between. So only the compiler must keep the order: relaxed atomic
// stores, each followed by a signal fence.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "agent/resident/ring.h"
#include "lib/sys/recorded_transfer.h"

namespace nbdroot::agent::resident {

// What the guardian maps: header, replies and requests.
inline constexpr std::size_t kRelayMemoryBytes = 2 << 20;

// Bytes of a stream that one of its calls after another has moved.
struct StreamCount {
    struct Record {
        std::uint64_t base;
        sys::TransferRecord transfer;
    };
    std::array<Record, 2> records;
    std::uint64_t current;  // index of the record that counts
};

// By type; the driver knows no others.
struct RequestCounts {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;
    std::uint64_t trims = 0;
    std::uint64_t others = 0;

    bool operator==(const RequestCounts&) const = default;
};

struct RelayHeader {
    StreamCount from_kernel;
    StreamCount to_kernel;
    std::uint64_t oldest;     // where the oldest request that may be unanswered begins
    std::uint64_t committed;  // replies before this position are whole, valid and the kernel's
    struct {
        std::uint64_t request;    // where the request begins that the reply below answers
        std::uint64_t reply_end;  // 0: none
    } answering;
    // For people only; a crash may cost one of each.
    std::uint64_t highest_sent;  // beyond it no server has seen anything
    std::uint64_t replies;
    std::uint64_t resent;
    std::uint64_t failed;
    RequestCounts requests;
    std::uint64_t counted;  // up to here the requests are in them
};
static_assert(std::is_trivially_copyable_v<RelayHeader>);

class RelayStore {
public:
    // Called after every store into the header or mark in a ring: tests look at (or copy) each
    // state that a crash could leave.
    using Watcher = std::function<void()>;

    RelayStore(RelayHeader& header, Ring requests, Ring replies, Watcher watcher = {})
        : header_(&header), requests_(requests), replies_(replies), watcher_(std::move(watcher)) {}

    // MEMORY has kRelayMemoryBytes, aligned for a page; zeros at first: an empty store.
    [[nodiscard]] static RelayStore over(ByteSpan memory);

    [[nodiscard]] const Ring& requests() const { return requests_; }
    [[nodiscard]] const Ring& replies() const { return replies_; }
    [[nodiscard]] RelayHeader& counters() const { return *header_; }

    [[nodiscard]] std::uint64_t received() const { return position(header_->from_kernel); }
    [[nodiscard]] std::uint64_t delivered() const { return position(header_->to_kernel); }
    [[nodiscard]] std::uint64_t oldest() const { return header_->oldest; }
    [[nodiscard]] std::uint64_t committed() const { return header_->committed; }

    // The record for the next call on the kernel's socket.
    [[nodiscard]] sys::TransferRecord& next_receive();
    [[nodiscard]] sys::TransferRecord& next_delivery();

    void set_oldest(std::uint64_t position);

    // The reply between committed() and REPLY_END becomes the kernel's and answers the request that
    // begins at REQUEST.
    struct Answer {
        std::uint64_t request;
        std::uint64_t reply_end;
    };
    void answer(const Answer& answer);

    // The last step of an answer() that a crash cut short, if one did.
    void finish_answer();

    // Whether the request at POSITION is marked. MAGIC is then what it was before.
    [[nodiscard]] bool is_answered(std::uint64_t position) const;
    static void restore_magic(ByteSpan header);

private:
    [[nodiscard]] static std::uint64_t position(const StreamCount& count);
    [[nodiscard]] sys::TransferRecord& next(StreamCount& count);
    template <class T>
    void store(T& field, T value);

    RelayHeader* header_;
    Ring requests_;
    Ring replies_;
    Watcher watcher_;
};

}  // namespace nbdroot::agent::resident
