#include "server/session/negotiation.h"

#include <variant>

namespace nbdroot::server::session {

using protocol::nbd::OptionReply;
using protocol::nbd::ServerHandshake;

std::size_t Negotiation::on_bytes(ByteView bytes) {
    std::size_t used = 0;
    while (state_ == State::under_way) {
        used += handshake_.on_bytes(bytes.subspan(used));
        const auto event = handshake_.take_event();
        if (!event) break;
        answer(*event);
    }
    return used;
}

void Negotiation::answer(const ServerHandshake::Event& event) {
    if (const auto* const wanted = std::get_if<ServerHandshake::ExportWanted>(&event)) {
        answer_export(*wanted);
    } else if (std::holds_alternative<ServerHandshake::ListWanted>(event)) {
        handshake_.answer_list(exports_.names());
    } else if (std::holds_alternative<ServerHandshake::TransmissionBegins>(event)) {
        state_ = State::transmission;
    } else if (const auto* const closed = std::get_if<ServerHandshake::Closed>(&event)) {
        state_ = State::closed;
        reason_ = closed->reason;
    }
}

void Negotiation::answer_export(const ServerHandshake::ExportWanted& wanted) {
    auto found = exports_.find(wanted.name);
    if (!found) {
        refusal_ = exports_.explain_unknown(wanted.name);
        return handshake_.refuse_export(OptionReply::error_unknown, refusal_);
    }
    handshake_.accept_export(found->info());
    target_ = std::move(found);
    asked_name_ = wanted.name;
}

}  // namespace nbdroot::server::session
