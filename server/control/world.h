// What an operator can look at and change: the parts of the running server, all on its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/control/reload_outcome.h"
#include "server/control/restart_outcome.h"
#include "server/export/export_table.h"
#include "server/machines/machines.h"
#include "server/merkle/root_view.h"
#include "server/promote/order.h"
#include "server/session/clients.h"

namespace nbdroot::server::control {

struct World {
    io::Loop& loop;
    const Log& log;
    const export_::ExportTable& exports;
    session::Clients& clients;
    session::Draining& draining;
    const session::Tally& tally;
    Instant began{};  // the server
    std::int64_t began_calendar_us = 0;
    std::function<std::uint64_t()> accept_pauses{};  // times that new clients had to wait
    Reload reload{};                                 // empty: there is no file to read again
    Restart restart{};
    std::shared_ptr<machines::Machines> machines{};  // null: no export has overlays
    promote::Promote promote{};
    // The name that a former image has; empty: it has none.
    std::function<std::string(const export_::Export&)> former_path{};
    // Empty: nothing is known of any.
    std::function<merkle::RootView(const export_::Export&)> root_of{};
};

}  // namespace nbdroot::server::control
