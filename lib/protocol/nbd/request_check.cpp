// check_request() of transmission.h: what proto.md says about a request before any work is done.
//
// The order of the checks is ours, proto.md leaves it open: is the command known, may it write
// here, does this export offer it, are its flags known, is the range inside the export, is it
// aligned, is it too long.
#include "lib/base/assert.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::protocol::nbd {
namespace {

// One row for each command that a server may be asked for.
struct Rule {
    Command command;
    std::uint16_t exposed_by;    // transmission flag; kTransmitHasFlags: every export has it
    std::uint16_t flags;         // command flags beside FUA
    bool writes;                 // refused on read-only exports
    bool has_payload;            // its length is bytes on the wire
    ErrorNumber beyond_the_end;  // proto.md, "Error values"
};
constexpr Rule kRules[] = {
    {Command::read, kTransmitHasFlags, kCommandDf, false, true, ErrorNumber::invalid},
    {Command::write, kTransmitHasFlags, 0, true, true, ErrorNumber::no_space},
    {Command::flush, kTransmitSendFlush, 0, false, false, ErrorNumber::invalid},
    {Command::trim, kTransmitSendTrim, 0, true, false, ErrorNumber::invalid},
    {Command::cache, kTransmitSendCache, 0, false, false, ErrorNumber::invalid},
    {Command::write_zeroes, kTransmitSendWriteZeroes, kCommandNoHole | kCommandFastZero, true,
     false, ErrorNumber::no_space},
    {Command::block_status, kTransmitHasFlags, kCommandReqOne, false, false, ErrorNumber::invalid},
};

const Rule* find_rule(Command command) {
    for (const Rule& rule : kRules) {
        if (rule.command == command) return &rule;
    }
    return nullptr;
}

bool is_exposed(const Rule& rule, const ExportInfo& info, const Features& features) {
    if (rule.command == Command::block_status) return features.block_status;
    return rule.exposed_by == kTransmitHasFlags || (info.transmission_flags & rule.exposed_by) != 0;
}

// FUA is valid for every command once it is advertised ("the server MUST accept all commands with
// this bit set"); FAST_ZERO needs an advertisement of its own, and DF is advertised to whoever
// agreed on structured replies.
std::uint16_t allowed_flags(const Rule& rule, const ExportInfo& info, const Features& features) {
    unsigned allowed = rule.flags;
    if ((info.transmission_flags & kTransmitSendFua) != 0) allowed |= kCommandFua;
    if ((info.transmission_flags & kTransmitSendFastZero) == 0)
        allowed &= ~unsigned{kCommandFastZero};
    if (!features.structured_replies) allowed &= ~unsigned{kCommandDf};
    return static_cast<std::uint16_t>(allowed);
}

// Written so that nothing can overflow: offsets have 64 bits, lengths 32.
bool inside(const Request& request, const ExportInfo& info) {
    return request.length_bytes <= info.size_bytes &&
           request.offset_bytes <= info.size_bytes - request.length_bytes;
}

// A length of 0 is unspecified by proto.md; it is let through, as work that is already done: each
// error would be an I/O error in somebody's root.
ErrorNumber check_range(const Request& request, const Rule& rule, const ExportInfo& info) {
    if (!inside(request, info)) return rule.beyond_the_end;
    const std::uint32_t minimum = info.block_sizes ? info.block_sizes->minimum : 1;
    NBDROOT_ASSERT(minimum > 0);
    if (request.offset_bytes % minimum != 0 || request.length_bytes % minimum != 0) {
        return ErrorNumber::invalid;
    }
    const std::uint32_t maximum =
        info.block_sizes ? info.block_sizes->maximum_payload : kMaximumPayload;
    if (rule.has_payload && request.length_bytes > maximum) return ErrorNumber::invalid;
    return ErrorNumber::none;
}

}  // namespace

ErrorNumber check_request(const Request& request, const ExportInfo& info,
                          const Features& features) {
    if (request.command == Command::disconnect) return ErrorNumber::none;
    const Rule* const rule = find_rule(request.command);
    if (rule == nullptr) return ErrorNumber::invalid;
    if (rule->writes && (info.transmission_flags & kTransmitReadOnly) != 0) {
        return ErrorNumber::permission;
    }
    if (!is_exposed(*rule, info, features)) return ErrorNumber::invalid;
    if ((request.flags & ~allowed_flags(*rule, info, features)) != 0) return ErrorNumber::invalid;
    // "For a flush request, length and offset are reserved, and MUST be set to all-zero".
    if (request.command == Command::flush) {
        const bool zero = request.offset_bytes == 0 && request.length_bytes == 0;
        return zero ? ErrorNumber::none : ErrorNumber::invalid;
    }
    if (request.command == Command::block_status && request.length_bytes == 0) {
        return ErrorNumber::invalid;
    }
    return check_range(request, *rule, info);
}

}  // namespace nbdroot::protocol::nbd
