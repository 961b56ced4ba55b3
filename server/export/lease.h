// Who may write to an export: one boot, over one connection. The rules, pure: events and time in,
// actions out; Door carries them out.
//
//   free ──arrive──► held ──arrive, same boot──────────────────► yielding ──vacated──► held
//    ▲│               │└───arrive, another──► probing ──dead──────►┘
//    │└──arrive,      │         held ◄─alive────┘ │
//    │   another──────│────► kept_free ◄──vacated─┘
//    └───vacated──────┘       └──reservation over, or the boot comes back──► held
//
// A boot whose connection ended without a good-bye, or that wrote before the server was started
// anew, most likely lives and is about to come back: for kReservation its place is kept, and others
// wait. Else whoever reconnects first would displace it.
//
// Why: a client that reconnects sends its unanswered writes again. A copy of an old write that is
// still on its way through the old connection must not land on a newer write that was acknowledged
// on the new one, so nobody is admitted before the connection before it is shut down and its
// running work has ended (event vacated). And a machine whose disk was written by another boot has
// a page cache that is wrong for good: its token is displaced.
//
// Addresses decide nothing: every guest of QEMU's user network has the same one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/time.h"
#include "server/export/boot_tokens.h"
#include "server/export/pulse.h"

namespace nbdroot::server::export_ {

// A boot tries to come back every 0.25 s at first, every second later: three tries.
inline constexpr Duration kReservation = std::chrono::seconds(3);

class Lease {
public:
    using ClientId = std::uint64_t;  // never used twice

    enum class Refusal {
        displaced,    // another boot has written since: for good
        in_use,       // the holder was probed and lives
        others_wait,  // one newcomer waits already; more would only queue for a place that is taken
        holder_back,  // the boot that holds the lease has reconnected meanwhile
        superseded,   // the same boot has connected once more
    };

    // Actions, to be carried out in order.
    struct Admit {
        ClientId client;
        bool new_boot;  // the tokens have changed: remember them before the client hears of it
        bool operator==(const Admit&) const = default;
    };
    struct Refuse {
        ClientId client;
        Refusal why;
        bool operator==(const Refuse&) const = default;
    };
    // End this connection at once, answer nothing; then report vacated() once its work has ended.
    struct ShutDown {
        ClientId client;
        bool same_boot;  // the newer connection is of the same boot
        bool operator==(const ShutDown&) const = default;
    };
    // Probe the holder: report pulse() every kProbeInterval, the first time at once.
    struct Probe {
        ClientId client;
        bool operator==(const Probe&) const = default;
    };
    struct EndProbe {
        ClientId client;
        bool operator==(const EndProbe&) const = default;
    };
    // Report reservation_over() at UNTIL, unless somebody is admitted before.
    struct Wait {
        Instant until;
        bool operator==(const Wait&) const = default;
    };
    using Action = std::variant<Admit, Refuse, ShutDown, Probe, EndProbe, Wait>;
    using Actions = std::vector<Action>;

    // How a client left: it said so (DISC) or never knew its token, or its connection was lost.
    enum class Parting { for_good, may_return };

    Lease(BootTokens tokens, Instant now)
        : tokens_(std::move(tokens)), reserved_until_(now + kReservation) {}

    // TOKEN: the boot of CLIENT; empty where it has none.
    [[nodiscard]] Actions arrive(ClientId client, const std::string& token, Instant now);
    // CLIENT has gone before it was admitted or refused.
    [[nodiscard]] Actions leave(ClientId client);
    [[nodiscard]] Actions pulse(const Pulse& pulse, Instant now);
    // The holder's connection is closed and none of its work runs any more.
    [[nodiscard]] Actions vacated(Parting parting, Instant now);
    [[nodiscard]] Actions reservation_over(Instant now);
    // The new boot that holds the lease could not be remembered, and does nothing with it: nobody
    // is displaced. It has to be vacated() yet.
    void take_back() { tokens_ = before_; }

    // Nobody holds it, and its place is kept for the boot that wrote last.
    [[nodiscard]] bool is_reserved(Instant now) const {
        return !holder_ && !tokens_.current().empty() && now < reserved_until_;
    }
    [[nodiscard]] bool probing() const { return state_ == State::probing; }
    [[nodiscard]] std::optional<ClientId> holder() const { return holder_; }
    [[nodiscard]] Instant held_since() const { return held_since_; }
    [[nodiscard]] const BootTokens& tokens() const { return tokens_; }
    // As they were when the holder came.
    [[nodiscard]] const BootTokens& tokens_before() const { return before_; }

private:
    enum class State { free, kept_free, held, probing, yielding };
    struct Waiter {
        ClientId client;
        std::string token;
        Instant arrived;
    };

    [[nodiscard]] Actions arrive_free(Waiter newcomer, Instant now);
    [[nodiscard]] Actions keep_free(Waiter waiter);
    [[nodiscard]] Actions admit(const Waiter& waiter, Instant now);
    [[nodiscard]] Actions yield_to(Waiter waiter);
    [[nodiscard]] Actions replace_waiter(Waiter newcomer);
    [[nodiscard]] Actions end_probing(Refusal why);
    [[nodiscard]] bool is_holders_boot(const std::string& token) const;

    State state_ = State::free;
    BootTokens tokens_;
    BootTokens before_;
    std::optional<ClientId> holder_;
    Instant held_since_{};
    Instant reserved_until_;        // state free: for the boot that wrote last, if it has a token
    bool holder_is_dead_ = false;   // state yielding: nobody will come back
    std::optional<Waiter> waiter_;  // states kept_free, probing and yielding
};

}  // namespace nbdroot::server::export_
