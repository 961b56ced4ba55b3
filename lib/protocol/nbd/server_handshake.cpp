#include "lib/protocol/nbd/server_handshake.h"

#include <algorithm>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/handshake_wire.h"
#include "lib/protocol/nbd/names.h"
#include "lib/protocol/nbd/option_reply.h"

namespace nbdroot::protocol::nbd {
namespace {

constexpr std::uint16_t kHandshakeFlags = kFlagFixedNewstyle | kFlagNoZeroes;
constexpr std::size_t kClientFlagsSize = sizeof(be32);

}  // namespace

ServerHandshake::ServerHandshake() : collector_(kClientFlagsSize) {
    ByteWriter writer(output_);
    writer.value(GreetingMagicWire{.initial_magic = kInitialMagic, .style_magic = kOptionMagic});
    writer.be_u16(kHandshakeFlags);
}

std::size_t ServerHandshake::on_bytes(ByteView bytes) {
    const std::size_t offered = bytes.size();
    while (step(bytes)) {
    }
    return offered - bytes.size();
}

// True when a message was complete and something may follow it. While an event waits to be taken or
// answered the state is question or finished.
bool ServerHandshake::step(ByteView& bytes) {
    if (state_ == State::skip) return skip_some(bytes);
    if (state_ == State::question || state_ == State::finished) return false;
    if (!collector_.take(bytes)) return false;
    const Bytes message = collector_.release();
    if (state_ == State::client_flags) {
        on_client_flags(message);
    } else if (state_ == State::option_header) {
        on_option_header(message);
    } else {
        on_option_data(message);
    }
    return true;
}

// "the server MUST drop the TCP connection if the client sets an unknown flag" (proto.md, "Client
// flags").
void ServerHandshake::on_client_flags(ByteView message) {
    const std::uint32_t flags = ByteReader(message).be_u32().value_or(0);
    if ((flags & ~std::uint32_t{kHandshakeFlags}) != 0) {
        return close(cat("client flags ", flags, " contain unknown ones"));
    }
    fixed_newstyle_ = (flags & kFlagFixedNewstyle) != 0;
    no_zeroes_ = (flags & kFlagNoZeroes) != 0;
    next_option();
}

void ServerHandshake::on_option_header(ByteView message) {
    const auto header = ByteReader(message).value<OptionHeaderWire>();
    NBDROOT_ASSERT(header);
    if (header->magic != kOptionMagic) return close("an option without the magic IHAVEOPT");
    if (++options_seen_ > kMaximumOptions) {
        return close(cat("more than ", kMaximumOptions, " options"));
    }
    if (output_.size() > kMaximumPendingOutput) {
        return close(
            cat("options without waiting for answers, ", output_.size(), " bytes of them"));
    }
    option_ = static_cast<Option>(std::uint32_t{header->option});
    // Such a client cannot read replies to options: EXPORT_NAME is the only one valid for it.
    if (!fixed_newstyle_ && option_ != Option::export_name) {
        return close(cat(describe(option_), " from a client without fixed newstyle"));
    }
    begin_option(header->length);
}

void ServerHandshake::begin_option(std::uint32_t length) {
    switch (option_) {
        case Option::export_name:
            return begin_export_name(length);
        case Option::info:
        case Option::go:
            return begin_query(length);
        case Option::abort:
            return skip(length, OptionReply::ack, "");
        case Option::list:
            if (length == 0) return ask(ListWanted{});
            return skip(length, OptionReply::error_invalid, "NBD_OPT_LIST takes no data");
        case Option::starttls:
            return skip(length, OptionReply::error_unsupported, "this server has no TLS");
        case Option::structured_reply:
            return begin_structured_reply(length);
        case Option::list_meta_context:
        case Option::set_meta_context:
            return begin_contexts(length);
        case Option::extended_headers:
            break;
    }
    skip(length, OptionReply::error_unsupported, cat(describe(option_), " is not supported"));
}

// Asking again changes nothing, and is acknowledged again.
void ServerHandshake::begin_structured_reply(std::uint32_t length) {
    if (length != 0) {
        return skip(length, OptionReply::error_invalid, "NBD_OPT_STRUCTURED_REPLY takes no data");
    }
    features_.structured_replies = true;
    skip(0, OptionReply::ack, "");
}

void ServerHandshake::begin_contexts(std::uint32_t length) {
    if (!features_.structured_replies) {
        return skip(length, OptionReply::error_invalid,
                    cat(describe(option_), " before NBD_OPT_STRUCTURED_REPLY"));
    }
    // What was set before is forgotten, whatever becomes of this.
    if (option_ == Option::set_meta_context) features_.block_status = false;
    if (length > kMaximumContextData) {
        return skip(length, OptionReply::error_too_big,
                    cat(length, " bytes of option data, above ", kMaximumContextData));
    }
    collect(State::option_data, length);
}

// EXPORT_NAME has no error reply: what cannot be served ends the connection.
void ServerHandshake::begin_export_name(std::uint32_t length) {
    if (length > kMaximumString) {
        return close(cat("an export name of ", length, " bytes, above ", kMaximumString));
    }
    collect(State::option_data, length);
}

void ServerHandshake::begin_query(std::uint32_t length) {
    if (length > kMaximumOptionData) {
        return skip(length, OptionReply::error_too_big,
                    cat(length, " bytes of option data, above ", kMaximumOptionData));
    }
    collect(State::option_data, length);
}

void ServerHandshake::on_option_data(ByteView data) {
    if (option_ == Option::export_name) {
        if (!is_valid_string(base::as_text(data))) return close("an export name with a NUL byte");
        return ask_for_export(ExportQuery{.name = std::string(base::as_text(data))});
    }
    if (is_about_contexts()) return on_contexts(data);
    auto query = parse_export_query(data);
    if (!query) {
        append_error(output_, option_, OptionReply::error_invalid, query.error().reason);
        return next_option();
    }
    ask_for_export(std::move(*query));
}

void ServerHandshake::on_contexts(ByteView data) {
    auto query = parse_context_query(data);
    if (!query) {
        append_error(output_, option_, OptionReply::error_invalid, query.error().reason);
        return next_option();
    }
    context_query_ = std::move(*query);
    ask(ExportWanted{.name = context_query_.export_name, .option = option_});
}

bool ServerHandshake::is_about_contexts() const {
    return option_ == Option::list_meta_context || option_ == Option::set_meta_context;
}

// "The metadata context ID in these replies is reserved and SHOULD be set to zero" for LIST; for
// SET it is what BLOCK_STATUS will say.
void ServerHandshake::answer_contexts() {
    const bool sets = option_ == Option::set_meta_context;
    if (sets ? context_query_.selects_allocation() : context_query_.lists_allocation()) {
        append_context(output_, option_, sets ? kAllocationId : 0, kAllocationContext);
        if (sets) {
            features_.block_status = true;
            context_export_ = context_query_.export_name;
        }
    }
    append_reply(output_, option_, OptionReply::ack);
    next_option();
}

void ServerHandshake::collect(State state, std::size_t count) {
    state_ = state;
    collector_.expect(count);
}

void ServerHandshake::skip(std::uint32_t length, OptionReply reply, std::string text) {
    if (length > kMaximumSkippedData) {
        return close(cat(describe(option_), " with ", length, " bytes of data, above ",
                         kMaximumSkippedData));
    }
    state_ = State::skip;
    skip_left_ = length;
    skip_reply_ = reply;
    skip_text_ = std::move(text);
}

bool ServerHandshake::skip_some(ByteView& bytes) {
    const std::size_t part = std::min(bytes.size(), std::size_t{skip_left_});
    bytes = bytes.subspan(part);
    skip_left_ -= static_cast<std::uint32_t>(part);
    if (skip_left_ > 0) return false;
    end_skip();
    return true;
}

void ServerHandshake::end_skip() {
    append_error(output_, option_, skip_reply_, skip_text_);
    if (option_ == Option::abort) return close("");
    next_option();
}

void ServerHandshake::ask(Event question) {
    state_ = State::question;
    event_ = std::move(question);
}

void ServerHandshake::ask_for_export(ExportQuery query) {
    query_ = std::move(query);
    ask(ExportWanted{.name = query_.name,
                     .option = option_,
                     .wants_name = query_.wants_name,
                     .wants_description = query_.wants_description});
}

// Answers belong to a question that was taken.
void ServerHandshake::expect_answer() const {
    NBDROOT_ASSERT(state_ == State::question && !event_);
}

void ServerHandshake::next_option() { collect(State::option_header, sizeof(OptionHeaderWire)); }

void ServerHandshake::begin_transmission() {
    if (query_.name != context_export_) features_.block_status = false;
    state_ = State::finished;
    event_ = TransmissionBegins{};
}

void ServerHandshake::close(std::string reason) {
    state_ = State::finished;
    event_ = Closed{std::move(reason)};
}

std::optional<ServerHandshake::Event> ServerHandshake::take_event() {
    return std::exchange(event_, std::nullopt);
}

void ServerHandshake::send_export_name_reply(const ExportInfo& info) {
    ByteWriter writer(output_);
    writer.value(ExportNameReplyWire{.size = info.size_bytes,
                                     .transmission_flags = info.transmission_flags});
    if (!no_zeroes_) writer.zeros(kExportZeroes);
}

void ServerHandshake::accept_export(const ExportInfo& accepted) {
    expect_answer();
    if (is_about_contexts()) return answer_contexts();
    ExportInfo info = accepted;
    if (features_.structured_replies) info.transmission_flags |= kTransmitSendDf;
    if (option_ == Option::export_name) {
        send_export_name_reply(info);
        return begin_transmission();
    }
    append_infos(output_, option_, query_, info);
    append_reply(output_, option_, OptionReply::ack);
    if (option_ == Option::go) return begin_transmission();
    next_option();
}

void ServerHandshake::refuse_export(OptionReply kind, const std::string& text) {
    expect_answer();
    if (option_ == Option::export_name) return close(text);
    append_error(output_, option_, kind, text);
    next_option();
}

void ServerHandshake::answer_list(const std::vector<std::string>& names) {
    expect_answer();
    for (const std::string& name : names) append_listed_export(output_, name);
    append_reply(output_, Option::list, OptionReply::ack);
    next_option();
}

void ServerHandshake::refuse_list(OptionReply kind, const std::string& text) {
    expect_answer();
    append_error(output_, Option::list, kind, text);
    next_option();
}

Bytes ServerHandshake::take_output() { return std::exchange(output_, {}); }

}  // namespace nbdroot::protocol::nbd
