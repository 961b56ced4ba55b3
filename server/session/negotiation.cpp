#include "server/session/negotiation.h"

#include <utility>
#include <variant>

#include "lib/base/text.h"
#include "lib/protocol/nbd/export_description.h"
#include "lib/protocol/service/service_name.h"
#include "server/session/answer.h"

namespace nbdroot::server::session {

using protocol::nbd::Option;
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
        answer_list();
    } else if (std::holds_alternative<ServerHandshake::TransmissionBegins>(event)) {
        state_ = State::transmission;
    } else if (const auto* const closed = std::get_if<ServerHandshake::Closed>(&event)) {
        state_ = State::closed;
        reason_ = closed->reason;
    }
}

void Negotiation::answer_list() {
    if (exports_.are_listed()) return handshake_.answer_list(exports_.names(address_));
    handshake_.refuse_list(OptionReply::error_policy, "this server does not list its exports");
}

void Negotiation::answer_export(const ServerHandshake::ExportWanted& wanted) {
    if (protocol::service::is_reserved(wanted.name)) return answer_service(wanted);
    auto found = exports_.find(wanted.name, address_);
    if (!found) {
        const bool unknown = found.error().kind == OptionReply::error_unknown;
        return answer_refused(unknown ? Refusal::unknown_export : Refusal::image_replaced,
                              std::move(found.error().text));
    }
    // Who may not use it is told so, and no more.
    if (draining_.covers(found->policy->export_name) && admits(*found->policy, address_)) {
        return answer_refused(Refusal::draining,
                              cat("export '", base::printable(found->policy->export_name),
                                  "' takes no clients now: draining"));
    }
    const bool only_asks = wanted.option != Option::go && wanted.option != Option::export_name;
    if (!only_asks) {
        refusal_.clear();  // of a name that it asked for before
        returns_ = !found->boot_token.empty();
    }
    wish_ = {.found = std::move(*found),
             .only_asks = only_asks,
             .wants_name = wanted.wants_name,
             .learns_block_sizes = wanted.option != Option::export_name};
    wants_description_ = wanted.wants_description;
    state_ = State::waiting;
}

void Negotiation::answer_service(const ServerHandshake::ExportWanted& wanted) {
    const bool begins = wanted.option == Option::go || wanted.option == Option::export_name;
    if (service_ == nullptr || (!begins && wanted.option != Option::info)) {
        return answer_refused(Refusal::unknown_export, "a service connection has no such thing");
    }
    auto admitted = service_->admit(wanted.name, address_);
    if (!admitted) {
        return answer_refused(admitted.error().why, std::move(admitted.error().text));
    }
    if (begins) service_subject_ = protocol::service::subject_of(wanted.name);
    handshake_.accept_export(protocol::service::window_info());
}

void Negotiation::admit(const admission::Entrance::Admitted& admitted) {
    state_ = State::under_way;
    protocol::nbd::ExportInfo info = admitted.info;
    info.canonical_name = admitted.canonical_name;
    if (wants_description_) {
        info.description = to_text(protocol::nbd::ExportDescription{
            .software = cat(protocol::nbd::kServerSoftware, NBDROOT_VERSION),
            .image_root = image_root_ ? image_root_(*admitted.target) : ""});
    }
    handshake_.accept_export(info);
}

void Negotiation::refuse(admission::Entrance::Refused refused) {
    if (refused.error && !answer_for(*refused.error)) {
        state_ = State::closed;
        reason_ = refusal_ = cat("closed: ", refused.log_text);
        return;
    }
    state_ = State::under_way;
    answer_refused(refused.why, std::move(refused.text));
    if (!refused.log_text.empty()) refusal_ = std::move(refused.log_text);
}

void Negotiation::answer_refused(Refusal why, std::string text) {
    tally_.refused(why);
    refusal_ = std::move(text);
    handshake_.refuse_export(reply_for(why), refusal_);
}

}  // namespace nbdroot::server::session
