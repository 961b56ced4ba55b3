// Where operators ask and order, one line at a time: what they may, and what comes back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/resident/journal.h"
#include "agent/resident/notes.h"
#include "agent/resident/plan.h"
#include "agent/resident/reconnect.h"
#include "agent/resident/request.h"
#include "agent/resident/watchdog.h"

namespace nbdroot::agent::resident {

class Desk {
public:
    // What it acts on; all of it outlives this.
    struct Room {
        const Plan& plan;
        Notes notes;
        Journal& journal;
        Watchdog& watchdog;
        std::function<Reconnect::State()> state;
        std::function<void(Reconnect::Event)> feed;
        std::function<std::string()> status;
        std::function<std::string()> debug;
    };

    explicit Desk(Room room) : room_(std::move(room)) {}

    // One line of JSON: {"ok":true}, what was asked for, or {"error":"why not"}, with
    // "meaningless":true where LINE is no request. nullopt: the end of this process is the answer.
    [[nodiscard]] std::optional<std::string> answer(std::string_view line);

    // The server that somebody has asked for, of this process or of one before it, and that no
    // connection has been made of since.
    [[nodiscard]] std::optional<std::size_t> wish() const;

private:
    [[nodiscard]] std::string show(Ask::What what) const;
    [[nodiscard]] std::string set(const SetInfo& info);
    [[nodiscard]] std::string set(const SetTimeout& timeout);
    [[nodiscard]] std::string set(const SetLog& log);
    [[nodiscard]] std::string reconnect(const ConnectAnew& wish);
    [[nodiscard]] std::optional<std::string> end_device(const EndDevice& end) const;

    Room room_;
};

}  // namespace nbdroot::agent::resident
