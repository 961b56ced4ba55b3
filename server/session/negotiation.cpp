#include "server/session/negotiation.h"

#include <utility>
#include <variant>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/sys/random.h"

namespace nbdroot::server::session {
namespace {

namespace nbd = protocol::nbd;

constexpr std::size_t kTokenBytes = 16;

// What a client that is told nothing takes for the smallest block (proto.md, "Block size
// constraints").
constexpr std::uint32_t kAssumedBlock = 512;

std::string canonical_name(const export_::ExportTable::Found& found) {
    return nbd::to_text({.export_name = found.export_name,
                         .image_id = found.target->image_id(),
                         .boot_token = found.boot_token});
}

}  // namespace

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
        handshake_.answer_list(exports_.names(address_));
    } else if (std::holds_alternative<ServerHandshake::TransmissionBegins>(event)) {
        state_ = State::transmission;
    } else if (const auto* const closed = std::get_if<ServerHandshake::Closed>(&event)) {
        state_ = State::closed;
        reason_ = closed->reason;
    }
}

void Negotiation::answer_export(const ServerHandshake::ExportWanted& wanted) {
    auto found = exports_.find(wanted.name, address_);
    if (!found) {
        const bool unknown = found.error().kind == OptionReply::error_unknown;
        return answer_refused(unknown ? Refusal::unknown_export : Refusal::image_replaced,
                              std::move(found.error().text));
    }
    if (draining_.covers(found->policy->export_name)) {
        return answer_refused(Refusal::draining,
                              cat("export '", base::printable(found->policy->export_name),
                                  "' takes no clients now: draining"));
    }
    if (wanted.option == Option::info) return answer_info(*found);
    if (wanted.option == Option::list_meta_context || wanted.option == Option::set_meta_context) {
        return handshake_.accept_export(found->target->info());
    }
    // The answer to EXPORT_NAME has no room for block sizes, and such clients take 512 for granted.
    const auto& sizes = found->target->info().block_sizes;
    if (wanted.option == Option::export_name && sizes && sizes->minimum > kAssumedBlock) {
        return answer_refused(Refusal::block_size,
                              cat("export '", base::printable(wanted.name), "' has blocks of ",
                                  sizes->minimum, " B, of which NBD_OPT_EXPORT_NAME cannot tell"));
    }
    choose(std::move(*found), wanted.wants_name);
}

// Nobody boots by asking.
void Negotiation::answer_info(const export_::ExportTable::Found& found) {
    nbd::ExportInfo info = found.target->info();
    info.canonical_name = found.boot_token.empty() ? found.target->name() : canonical_name(found);
    handshake_.accept_export(info);
}

void Negotiation::choose(export_::ExportTable::Found found, bool wants_name) {
    refusal_.clear();  // of a name that it asked for before
    returns_ = !found.boot_token.empty();
    // A token that the client will not see would only displace another.
    if (!returns_ && wants_name) {
        found.boot_token = base::hex(sys::random_bytes(kTokenBytes));
        if (!nbd::is_valid_string(canonical_name(found))) found.boot_token.clear();
    }
    if (!found.boot_token.empty()) canonical_name_ = canonical_name(found);
    boot_token_ = std::move(found.boot_token);
    target_ = std::move(found.target);
    door_ = target_->door(boot_token_);
    if (!door_) return admit();
    state_ = State::waiting;
}

void Negotiation::admit() {
    state_ = State::under_way;
    nbd::ExportInfo info = target_->info();
    info.canonical_name = canonical_name_;
    handshake_.accept_export(info);
}

void Negotiation::refuse(Refusal why, std::string text) {
    state_ = State::under_way;
    answer_refused(why, std::move(text));
}

void Negotiation::answer_refused(Refusal why, std::string text) {
    tally_.refused(why);
    refusal_ = std::move(text);
    handshake_.refuse_export(reply_for(why), refusal_);
}

}  // namespace nbdroot::server::session
