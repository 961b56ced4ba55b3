// The handshake of one client: the protocol's questions, answered from the export table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/server_handshake.h"
#include "server/admission/entrance.h"
#include "server/export/export_table.h"
#include "server/service/service.h"
#include "server/session/draining.h"
#include "server/session/tally.h"

namespace nbdroot::server::session {

class Negotiation {
public:
    using Address = export_::ExportTable::Address;

    // What the description says of the image beside the software; empty: nothing that is sure now.
    using ImageRoot = std::function<std::string(const export_::Export&)>;

    // All outlive this, ADDRESS is the client's. Without SERVICE nobody gets a service connection.
    Negotiation(const export_::ExportTable& exports, const Draining& draining, Tally& tally,
                const Address& address, const service::Service* service = nullptr,
                ImageRoot image_root = {})
        : exports_(exports),
          draining_(draining),
          tally_(tally),
          address_(address),
          service_(service),
          image_root_(std::move(image_root)) {}

    // The client waits: it has asked for an export, and somebody must say whether it may come in.
    // Then call on_bytes() again, also without new bytes.
    [[nodiscard]] admission::Wish take_wish() { return std::exchange(wish_, {}); }
    void admit(const admission::Entrance::Admitted& admitted);
    // Where it is the server's own trouble the client is not answered, but disconnected.
    void refuse(admission::Entrance::Refused refused);

    // Takes from the front of BYTES until they are used up or the handshake is over.
    std::size_t on_bytes(ByteView bytes);
    [[nodiscard]] Bytes take_output() { return handshake_.take_output(); }

    enum class State { under_way, waiting, transmission, closed };
    [[nodiscard]] State state() const { return state_; }

    // It came with its token: a boot that goes on.
    [[nodiscard]] bool returns() const { return returns_; }
    // State transmission: what the client understands beyond the baseline.
    [[nodiscard]] const protocol::nbd::Features& features() const { return handshake_.features(); }
    // State transmission: it is no export that is being served, but commands about this one.
    [[nodiscard]] const std::optional<std::string>& service_subject() const {
        return service_subject_;
    }
    // State closed: why; empty when the client ended it politely.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    // The last refusal, for the log; empty when there was none.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

private:
    void answer(const protocol::nbd::ServerHandshake::Event& event);
    void answer_list();
    void answer_export(const protocol::nbd::ServerHandshake::ExportWanted& wanted);
    void answer_service(const protocol::nbd::ServerHandshake::ExportWanted& wanted);
    void answer_refused(Refusal why, std::string text);

    const export_::ExportTable& exports_;
    const Draining& draining_;
    Tally& tally_;
    Address address_;
    const service::Service* service_;
    ImageRoot image_root_;
    protocol::nbd::ServerHandshake handshake_;
    State state_ = State::under_way;
    admission::Wish wish_;
    bool wants_description_ = false;
    bool returns_ = false;
    std::optional<std::string> service_subject_;
    std::string reason_;
    std::string refusal_;
};

}  // namespace nbdroot::server::session
