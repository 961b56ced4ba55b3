// Reads the start of a disk right after the handshake, before the kernel has the connection. Pure:
// bytes in, bytes and one outcome out; whoever drives it bounds its time.
//
// READ requests one after the other, as long as the server allows; one is enough for nearly all.
#pragma once

#include <cstdint>
#include <variant>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/protocol/nbd/collector.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::agent::attach {

class FirstBlocks {
public:
    struct InProgress {};
    // disk::kProbeBytes of them, fewer where the disk is shorter. Nothing of the server's is left
    // unread.
    struct Read {
        Bytes bytes;
    };
    // The server answered a READ with an error, which says nothing against the connection.
    struct Unreadable {
        Error error;
    };
    // The server is going away, is gone, or broke the protocol: the connection is of no use.
    struct Broken {
        Error error;
    };
    using Outcome = std::variant<InProgress, Read, Unreadable, Broken>;

    // INFO as checked by the handshake. OBJECT names the server in errors.
    FirstBlocks(const protocol::nbd::ExportInfo& info, std::string object);

    void on_bytes(ByteView bytes);
    // The server closed the connection.
    void on_end();

    // Bytes to send now. Each byte is given once.
    [[nodiscard]] Bytes take_output();
    [[nodiscard]] const Outcome& outcome() const { return outcome_; }

private:
    enum class State { header, data };

    void ask();
    void step(ByteView message);
    void on_header(ByteView message);
    void on_data(ByteView message);
    [[nodiscard]] bool in_progress() const;
    [[nodiscard]] Error error(std::string reason) const;

    std::string object_;
    std::uint32_t total_bytes_;    // whole blocks
    std::uint32_t longest_bytes_;  // of one request
    std::uint32_t asked_bytes_ = 0;
    std::uint64_t cookie_ = 0;
    State state_ = State::header;
    protocol::nbd::Collector collector_{0};
    Bytes read_;
    Bytes output_;
    Outcome outcome_ = InProgress{};
};

}  // namespace nbdroot::agent::attach
