#include "lib/protocol/nbd/names.h"

#include <array>

#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {

std::string describe(Option option) {
    switch (option) {
        case Option::export_name:
            return "NBD_OPT_EXPORT_NAME";
        case Option::abort:
            return "NBD_OPT_ABORT";
        case Option::list:
            return "NBD_OPT_LIST";
        case Option::starttls:
            return "NBD_OPT_STARTTLS";
        case Option::info:
            return "NBD_OPT_INFO";
        case Option::go:
            return "NBD_OPT_GO";
        case Option::structured_reply:
            return "NBD_OPT_STRUCTURED_REPLY";
        case Option::list_meta_context:
            return "NBD_OPT_LIST_META_CONTEXT";
        case Option::set_meta_context:
            return "NBD_OPT_SET_META_CONTEXT";
        case Option::extended_headers:
            return "NBD_OPT_EXTENDED_HEADERS";
    }
    return cat("option ", static_cast<std::uint32_t>(option));
}

std::string explain(OptionReply error) {
    switch (error) {
        case OptionReply::error_unsupported:
            return "the server does not know this option";
        case OptionReply::error_policy:
            return "the server's policy forbids it";
        case OptionReply::error_invalid:
            return "the server calls the request invalid";
        case OptionReply::error_platform:
            return "the server's platform cannot do it";
        case OptionReply::error_tls_required:
            return "the server insists on TLS, which this build does not have yet";
        case OptionReply::error_unknown:
            return "the server has no such export";
        case OptionReply::error_shutdown:
            return "the server is shutting down";
        case OptionReply::error_block_size_required:
            return "the server insists on its block sizes although they were asked for";
        case OptionReply::error_too_big:
            return "the server calls the request too big";
        case OptionReply::ack:
        case OptionReply::server:
        case OptionReply::info:
        case OptionReply::meta_context:
            break;
    }
    return cat("the server gave error reply ", static_cast<std::uint32_t>(error) & ~kReplyErrorBit);
}

std::vector<std::string_view> transmission_flag_names(std::uint16_t flags) {
    struct Flag {
        std::uint16_t bit;
        std::string_view name;
    };
    constexpr std::array<Flag, 10> kFlags{{{kTransmitReadOnly, "read-only"},
                                           {kTransmitSendFlush, "flush"},
                                           {kTransmitSendFua, "fua"},
                                           {kTransmitRotational, "rotational"},
                                           {kTransmitSendTrim, "trim"},
                                           {kTransmitSendWriteZeroes, "write-zeroes"},
                                           {kTransmitSendDf, "df"},
                                           {kTransmitCanMultiConn, "multi-conn"},
                                           {kTransmitSendCache, "cache"},
                                           {kTransmitSendFastZero, "fast-zero"}}};
    std::vector<std::string_view> names;
    for (const Flag& flag : kFlags) {
        if ((flags & flag.bit) != 0) names.push_back(flag.name);
    }
    return names;
}

}  // namespace nbdroot::protocol::nbd
