// What there is to say about a client at one moment, for operators.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "server/session/traffic.h"

namespace nbdroot::server::session {

struct ClientView {
    enum class State {
        handshake,  // has not chosen an export
        waiting,    // has chosen one, and waits to be let in
        active,     // uses it
        closing     // has been told all; its connection is about to go
    };

    std::uint64_t id = 0;       // never given to another
    std::string peer{};         // "10.0.0.7:40001"
    std::string export_name{};  // as configured; empty before one is chosen
    std::string image_id{};     // of what it uses
    std::string boot_token{};   // the first characters; empty: none
    bool on_former = false;     // new boots get another image; filled in by who knows
    State state = State::handshake;
    bool writes = false;  // it may
    Instant since{};      // connected
    Instant last_seen{};  // the last byte came
    Traffic traffic{};
    std::size_t in_flight = 0;  // requests that are being worked on
};

}  // namespace nbdroot::server::session
