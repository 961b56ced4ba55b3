// The handshake of one client: the protocol's questions, answered from the export table.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/server_handshake.h"
#include "server/export/export_table.h"

namespace nbdroot::server::session {

class Negotiation {
public:
    explicit Negotiation(const export_::ExportTable& exports) : exports_(exports) {}

    // Takes from the front of BYTES until they are used up or the handshake is over.
    std::size_t on_bytes(ByteView bytes);
    [[nodiscard]] Bytes take_output() { return handshake_.take_output(); }

    enum class State { under_way, transmission, closed };
    [[nodiscard]] State state() const { return state_; }

    // State transmission: what the client uses, and by which name it asked.
    [[nodiscard]] std::shared_ptr<export_::Export> target() const { return target_; }
    [[nodiscard]] const std::string& asked_name() const { return asked_name_; }
    // State closed: why; empty when the client ended it politely.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    // The last refusal, for the log; empty when there was none.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

private:
    void answer(const protocol::nbd::ServerHandshake::Event& event);
    void answer_export(const protocol::nbd::ServerHandshake::ExportWanted& wanted);

    const export_::ExportTable& exports_;
    protocol::nbd::ServerHandshake handshake_;
    State state_ = State::under_way;
    std::shared_ptr<export_::Export> target_;
    std::string asked_name_;
    std::string reason_;
    std::string refusal_;
};

}  // namespace nbdroot::server::session
