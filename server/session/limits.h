// What one client may hold of the server at once, and for how long.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/base/time.h"

namespace nbdroot::server::session {

inline constexpr std::size_t kKiB = 1024;

// A stranger that does not finish the handshake is sent away (CVE-2024-7409 was its lack).
inline constexpr Duration kHandshakeLimit = std::chrono::seconds(10);

// Of a client that waits to be let in: it has nothing to say, and its end must be seen.
inline constexpr std::size_t kMaximumEarlyBytes = 4 * kKiB;

// A client that was told why it is refused, or that the server stops, gets this long to read it.
inline constexpr Duration kLingerLimit = std::chrono::seconds(2);

// Taken from a socket at once: some 500 read requests, or 15 writes of 4 KiB.
inline constexpr std::size_t kReceiveBytes = 64 * kKiB;

// Replies after which a session lets the others have their turn. Two of the largest requests that
// kernels make by default; more only delays the others.
inline constexpr std::size_t kTurnBytes = 256 * kKiB;

// A read up to here is answered whole, among others. A longer one has the connection for itself
// and comes in parts, so that its length costs no memory; what fails in its first part is answered,
// what fails later ends the connection, as proto.md demands once a simple reply has begun.
inline constexpr std::size_t kShortRead = 256 * kKiB;
inline constexpr std::size_t kLongReadPart = 1024 * kKiB;

// Data of a client that understands chunks is looked at from this length on: nothing but zeroes are
// not sent. For less, looking would cost more than it saves.
inline constexpr std::size_t kHoleWorthSaying = 64 * kKiB;

// Descriptors in a reply to BLOCK_STATUS; clients ask again for the rest. Each costs two system
// calls of a worker at most, and 8 bytes.
inline constexpr std::size_t kMaximumDescriptors = 1024;

// A write is collected and written in pieces of this size that end on page boundaries: whole
// sectors or nothing, and 32 MiB of payload cost no more memory than this.
inline constexpr std::size_t kWritePiece = 256 * kKiB;
inline constexpr std::size_t kPageBytes = 4096;

// Zeroes and discards are done in pieces of this size: where the file system cannot do them by its
// books, each takes about as long as a sync.
inline constexpr std::uint32_t kModifyPiece = std::uint32_t{256} << 20;

// Operations of one client that wait for a disk; then its next requests are left in the socket.
inline constexpr std::size_t kMaximumRunning = 128;
inline constexpr std::size_t kMaximumRunningBytes = 1024 * kKiB;

}  // namespace nbdroot::server::session
