#include "lib/protocol/nbd/client_handshake.h"

#include <cerrno>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/export_query.h"
#include "lib/protocol/nbd/handshake_wire.h"
#include "lib/protocol/nbd/names.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::protocol::nbd {

ClientHandshake::ClientHandshake(Options options)
    : options_(std::move(options)), collector_(sizeof(GreetingMagicWire)) {
    if (!is_valid_string(options_.export_name) || !is_valid_string(options_.decoy_name)) {
        refuse(cat("an export name has at most ", kMaximumString, " bytes and no NUL byte, not ",
                   options_.export_name.size(), " bytes"));
    }
}

bool ClientHandshake::in_progress() const { return std::holds_alternative<InProgress>(outcome_); }

void ClientHandshake::on_bytes(ByteView bytes) {
    if (!in_progress()) return;
    while (in_progress() && collector_.take(bytes)) step(collector_.release());
    if (std::holds_alternative<Ready>(outcome_) && !bytes.empty()) {
        refuse(cat("the server sent ", bytes.size(), " bytes that nobody asked for"));
    }
}

void ClientHandshake::on_end() {
    if (in_progress()) refuse(end_of_stream());
}

Bytes ClientHandshake::take_output() { return std::exchange(output_, {}); }

const ClientHandshake::Outcome& ClientHandshake::outcome() const { return outcome_; }

void ClientHandshake::await(State state, std::size_t count) {
    state_ = state;
    collector_.expect(count);
}

void ClientHandshake::step(ByteView message) {
    switch (state_) {
        case State::magic:
            return on_magic(message);
        case State::handshake_flags:
            return on_handshake_flags(message);
        case State::reply_header:
            return on_reply_header(message);
        case State::reply_data:
            return on_reply(message);
        case State::export_name_reply:
            return on_export_name_reply(message);
    }
}

void ClientHandshake::on_magic(ByteView message) {
    const auto greeting = ByteReader(message).value<GreetingMagicWire>();
    NBDROOT_ASSERT(greeting);
    if (greeting->initial_magic != kInitialMagic) {
        return refuse(cat("this is no NBD server: it begins with '",
                          base::printable(base::as_text(message)), "'"));
    }
    if (greeting->style_magic == kOldstyleMagic) {
        return refuse(
            "the server speaks the oldstyle handshake, which is not supported: newstyle "
            "is needed");
    }
    if (greeting->style_magic != kOptionMagic) {
        return refuse(cat("the server speaks an unknown handshake, '",
                          base::printable(base::as_text(message.subspan(sizeof(be64)))), "'"));
    }
    await(State::handshake_flags, sizeof(be16));
}

// "The client SHOULD ignore any handshake flags it does not recognize" and echoes those it does.
void ClientHandshake::on_handshake_flags(ByteView message) {
    const std::uint16_t flags = ByteReader(message).be_u16().value_or(0);
    const std::uint32_t echoed = flags & (kFlagFixedNewstyle | kFlagNoZeroes);
    no_zeroes_ = (flags & kFlagNoZeroes) != 0;
    ByteWriter(output_).be_u32(echoed);
    if ((flags & kFlagFixedNewstyle) != 0) return send_first_option();
    if (options_.goal == Goal::transmit) return send_export_name();
    refuse("the server lacks fixed newstyle: it cannot be asked about its exports");
}

void ClientHandshake::on_reply_header(ByteView message) {
    const auto header = ByteReader(message).value<OptionReplyWire>();
    NBDROOT_ASSERT(header);
    const std::uint32_t length = header->length;
    if (header->magic != kOptionReplyMagic) {
        return refuse(cat("the reply to ", describe(option_), " has a wrong magic"));
    }
    if (header->option != static_cast<std::uint32_t>(option_)) {
        return refuse(cat("the reply to ", describe(option_), " claims to be for ",
                          describe(static_cast<Option>(std::uint32_t{header->option}))));
    }
    reply_ = static_cast<OptionReply>(std::uint32_t{header->type});
    if (length > kMaximumReplyData || (reply_ == OptionReply::ack && length > 0)) {
        return refuse(cat("the reply to ", describe(option_), " announces ", length,
                          " bytes of data, above ",
                          reply_ == OptionReply::ack ? 0 : kMaximumReplyData));
    }
    await(State::reply_data, length);
}

// Another reply header is next, unless the reply ends the option.
void ClientHandshake::on_reply(ByteView data) {
    await(State::reply_header, sizeof(OptionReplyWire));
    if (option_ == Option::list) return on_list_reply(data);
    if (is_decoy()) return on_decoy_reply();
    on_query_reply(data);
}

// What an accepting server says of it is of no use, and why the others refuse it neither.
void ClientHandshake::on_decoy_reply() {
    if (is_error()) return send_query(Option::go, options_.export_name);
    refuse_politely("the server takes any export name, which does not prove what it serves");
}

void ClientHandshake::on_query_reply(ByteView data) {
    if (reply_ == OptionReply::ack) return on_query_accepted();
    if (is_error()) return on_query_error(data);
    if (reply_ != OptionReply::info) {
        return refuse(
            cat("a reply of type ", static_cast<std::uint32_t>(reply_), " to ", describe(option_)));
    }
    if (++info_replies_ > kMaximumInfoReplies) {
        return refuse(cat("more than ", kMaximumInfoReplies, " replies to ", describe(option_)));
    }
    if (const auto added = infos_.add(data); !added) refuse(added.error().reason);
}

void ClientHandshake::on_query_accepted() {
    auto info = infos_.finish();
    if (!info) return refuse(info.error().reason);
    ready(std::move(*info));
}

// An unknown export is worth a look at those that exist. One that is forbidden exists, and the
// server's words say who holds it.
void ClientHandshake::on_query_error(ByteView data) {
    if (reply_ == OptionReply::error_unsupported && option_ == Option::go) {
        return send_export_name();
    }
    refusal_reply_ = reply_;
    if (reply_ == OptionReply::error_unknown) {
        refusal_ = error(server_error(data));
        refusal_->code = ENOENT;
        return send_list();
    }
    refuse_politely(server_error(data));
}

void ClientHandshake::on_list_reply(ByteView data) {
    list_bytes_ += sizeof(OptionReplyWire) + data.size();
    if (list_bytes_ > kMaximumListBytes) {
        return refuse(cat("the list of exports is longer than ", kMaximumListBytes, " bytes"));
    }
    if (reply_ == OptionReply::server) return on_listed_export(data);
    if (reply_ == OptionReply::ack) return on_list_end();
    if (is_error()) return refuse_politely(server_error(data));
    refuse(cat("a reply of type ", static_cast<std::uint32_t>(reply_), " to NBD_OPT_LIST"));
}

// What follows the name is a description, not needed here.
void ClientHandshake::on_listed_export(ByteView data) {
    ByteReader reader(data);
    const auto length = reader.be_u32();
    const auto name = length ? reader.text(*length) : std::nullopt;
    if (!name || !is_valid_string(*name)) {
        return refuse("the list of exports has an entry with a broken name");
    }
    names_.emplace_back(*name);
}

void ClientHandshake::on_list_end() {
    send_abort();
    if (refusal_) {
        outcome_ = Refused{.error = *refusal_,
                           .known_exports = std::move(names_),
                           .list_was_answered = true,
                           .reply = refusal_reply_};
    } else {
        outcome_ = Listed{std::move(names_)};
    }
}

void ClientHandshake::on_export_name_reply(ByteView message) {
    const auto reply = ByteReader(message).value<ExportNameReplyWire>();
    NBDROOT_ASSERT(reply);
    if (const auto fits = check_size(reply->size); !fits) return refuse(fits.error().reason);
    ready({.size_bytes = reply->size, .transmission_flags = reply->transmission_flags});
}

void ClientHandshake::send_option(Option option, ByteView data) {
    option_ = option;
    ByteWriter writer(output_);
    writer.value(OptionHeaderWire{.magic = kOptionMagic,
                                  .option = static_cast<std::uint32_t>(option),
                                  .length = static_cast<std::uint32_t>(data.size())});
    writer.bytes(data);
}

void ClientHandshake::send_first_option() {
    switch (options_.goal) {
        case Goal::transmit:
            if (options_.decoy_name.empty()) return send_query(Option::go, options_.export_name);
            return send_query(Option::info, options_.decoy_name);
        case Goal::info:
            return send_query(Option::info, options_.export_name);
        case Goal::list:
            return send_list();
    }
}

void ClientHandshake::send_query(Option option, const std::string& name) {
    send_option(option, encode(ExportQuery{.name = name,
                                           .wants_name = true,
                                           .wants_description = true,
                                           .wants_block_sizes = true}));
    await(State::reply_header, sizeof(OptionReplyWire));
}

void ClientHandshake::send_export_name() {
    send_option(Option::export_name, base::as_bytes(options_.export_name));
    await(State::export_name_reply, sizeof(ExportNameReplyWire) + (no_zeroes_ ? 0 : kExportZeroes));
}

void ClientHandshake::send_list() {
    send_option(Option::list, {});
    await(State::reply_header, sizeof(OptionReplyWire));
}

void ClientHandshake::send_abort() { send_option(Option::abort, {}); }

void ClientHandshake::send_disconnect() {
    ByteWriter(output_).value(encode(Request{.command = Command::disconnect}));
}

void ClientHandshake::ready(ExportInfo info) {
    if (options_.goal == Goal::info) {
        send_abort();
    } else if (info.size_bytes == 0) {
        send_disconnect();
        return refuse("the export has a size of 0 bytes");
    }
    outcome_ = Ready{std::move(info)};
}

// Without another word: the server broke the protocol, is gone, or cannot be told. A refusal by the
// server that came before says more than a failure of the list after it.
void ClientHandshake::refuse(std::string reason) {
    Error why = refusal_ ? *refusal_ : error(std::move(reason));
    outcome_ = Refused{
        .error = std::move(why), .known_exports = std::move(names_), .reply = refusal_reply_};
}

// "its only option to terminate the session is via a soft disconnect" (proto.md, "Termination of
// the session during option haggling").
void ClientHandshake::refuse_politely(std::string reason) {
    send_abort();
    refuse(std::move(reason));
}

bool ClientHandshake::is_decoy() const {
    return option_ == Option::info && options_.goal == Goal::transmit;
}

bool ClientHandshake::is_error() const {
    return (static_cast<std::uint32_t>(reply_) & kReplyErrorBit) != 0;
}

std::string ClientHandshake::end_of_stream() const {
    static constexpr std::string_view kClosed = "the server closed the connection ";
    const bool nothing = collector_.empty();
    switch (state_) {
        case State::magic:
            return cat(kClosed, nothing ? "before" : "inside", " its greeting");
        case State::handshake_flags:
            return cat(kClosed, "inside its greeting");
        case State::reply_header:
        case State::reply_data:
            break;
        case State::export_name_reply:
            if (nothing) {
                return cat(kClosed, "after NBD_OPT_EXPORT_NAME, which is how it refuses a name");
            }
    }
    return cat(kClosed, "before the end of its answer to ", describe(option_));
}

Error ClientHandshake::error(std::string reason) const {
    const auto object = [&]() -> std::string {
        if (options_.goal == Goal::list) return "list of exports";
        if (options_.export_name.empty()) return "default export";
        return cat("export '", base::printable(options_.export_name), "'");
    };
    return {.operation = "negotiate", .object = object(), .reason = std::move(reason)};
}

std::string ClientHandshake::server_error(ByteView text) const {
    std::string out = explain(reply_);
    const bool about_option = reply_ == OptionReply::error_unsupported;
    if (option_ == Option::list || about_option) out = cat(describe(option_), ": ", out);
    if (!text.empty()) out += cat(" (it says: ", base::printable(base::as_text(text)), ")");
    return out;
}

}  // namespace nbdroot::protocol::nbd
