// The answers to operators: one JSON document each. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/control/reload_outcome.h"
#include "server/control/restart_outcome.h"
#include "server/control/statistics.h"
#include "server/session/client_view.h"

namespace nbdroot::server::control {

// Now, by both clocks.
struct Moment {
    Instant now{};
    std::int64_t calendar_us = 0;  // since 1970
};

[[nodiscard]] std::string clients_document(const std::vector<session::ClientView>& clients,
                                           const Moment& moment);
[[nodiscard]] std::string exports_document(const Statistics& statistics);
[[nodiscard]] std::string stats_document(const Statistics& statistics);
[[nodiscard]] std::string reload_document(const ReloadOutcome& outcome);
// BEGAN_US: when the server that answers began, by which it is told from its successor.
[[nodiscard]] std::string restart_document(const RestartOutcome& outcome, std::int64_t began_us);

[[nodiscard]] std::string promoted_document(const promote::Promoted& promoted);

// A command that could not be done.
[[nodiscard]] std::string error_document(std::string_view reason);

// "2026-11-23T14:05:09Z"
[[nodiscard]] std::string utc_text(std::int64_t calendar_us);

// The names of the protocol's commands, in the order of Traffic::requests_by_kind.
[[nodiscard]] std::string_view request_kind(std::size_t kind);

}  // namespace nbdroot::server::control
