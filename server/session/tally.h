// What has happened to clients since the server began: counters of the loop's thread, added up
// where somebody asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "server/admission/refusal.h"
#include "server/session/traffic.h"

namespace nbdroot::server::session {

using admission::kRefusals;
using admission::name_of;
using admission::Refusal;
using admission::reply_for;

struct Tally {
    struct OfExport {
        std::uint64_t admitted = 0;
        Traffic ended{};  // of clients that have gone; the others have theirs
    };

    std::uint64_t connections = 0;  // accepted
    std::uint64_t handshakes_timed_out = 0;
    std::uint64_t handshakes_failed = 0;  // lost, or against the protocol
    std::array<std::uint64_t, kRefusals> refusals{};
    std::map<std::string, OfExport> exports{};  // by configured name

    void refused(Refusal refusal) { ++refusals[static_cast<std::size_t>(refusal)]; }
};

}  // namespace nbdroot::server::session
