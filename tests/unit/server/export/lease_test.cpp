#include "server/export/lease.h"

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using nbdroot::Instant;
using nbdroot::server::export_::BootTokens;
using nbdroot::server::export_::Lease;
using nbdroot::server::export_::Pulse;
using Actions = Lease::Actions;
using Admit = Lease::Admit;
using nbdroot::server::export_::kReservation;
using Parting = Lease::Parting;
using Wait = Lease::Wait;
using EndProbe = Lease::EndProbe;
using Probe = Lease::Probe;
using Refusal = Lease::Refusal;
using Refuse = Lease::Refuse;
using ShutDown = Lease::ShutDown;

namespace {

constexpr Instant kStart{100s};
constexpr Pulse kGone{.closed = true};
constexpr Pulse kSilent{.silent = 1h};
constexpr Pulse kAnswers{};

// Client 1 holds the lease, boot "one"; it began at kStart.
struct Held {
    Lease lease{BootTokens(), kStart};
    Held() { REQUIRE(lease.arrive(1, "one", kStart) == Actions{Admit{1, true}}); }
};

// And client 2, without a token, waits for the verdict on it.
struct Probing : Held {
    Probing() { REQUIRE(lease.arrive(2, "", kStart) == Actions{Probe{1}}); }
};

// Client 1 was shut down for client 2 of the same boot, its work still runs.
struct Yielding : Held {
    Yielding() { REQUIRE(lease.arrive(2, "one", kStart) == Actions{ShutDown{1, true}}); }
};

}  // namespace

TEST_CASE("free: whoever comes is admitted") {
    Lease lease{BootTokens(), kStart};
    CHECK(lease.arrive(1, "", kStart) == Actions{Admit{1, false}});
    CHECK(lease.vacated(Parting::for_good, kStart).empty());
    CHECK(lease.arrive(2, "two", kStart) == Actions{Admit{2, true}});
    CHECK(lease.vacated(Parting::for_good, kStart).empty());
    CHECK(lease.arrive(3, "two", kStart) == Actions{Admit{3, false}});
}

TEST_CASE("free: an unknown token is adopted, and what was there before is displaced") {
    Held held;
    CHECK(held.lease.vacated(Parting::for_good, kStart).empty());
    CHECK(held.lease.arrive(2, "other", kStart) == Actions{Admit{2, true}});
    CHECK(held.lease.vacated(Parting::for_good, kStart).empty());
    CHECK(held.lease.arrive(3, "one", kStart) == Actions{Refuse{3, Refusal::displaced}});
}

TEST_CASE("free: nobody is left to be probed or to leave") {
    Lease lease{BootTokens(), kStart};
    CHECK(lease.pulse(kGone, kStart).empty());
    CHECK(lease.leave(7).empty());
}

TEST_CASE("held: the same boot takes over once the old connection's work has ended") {
    Held held;
    CHECK(held.lease.arrive(2, "one", kStart) == Actions{ShutDown{1, true}});
    CHECK(held.lease.holder() == 1);
    CHECK(held.lease.vacated(Parting::for_good, kStart + 5s) == Actions{Admit{2, false}});
    CHECK(held.lease.holder() == 2);
    CHECK(held.lease.held_since() == kStart + 5s);
    CHECK_FALSE(held.lease.tokens().is_displaced("one"));
}

TEST_CASE("held: a newcomer without a token has the holder probed, also where that has none") {
    Lease lease{BootTokens(), kStart};
    CHECK(lease.arrive(1, "", kStart) == Actions{Admit{1, false}});
    CHECK(lease.arrive(2, "", kStart) == Actions{Probe{1}});
    CHECK(lease.probing());
}

TEST_CASE("held: a displaced boot is refused at once") {
    Held held;
    CHECK(held.lease.vacated(Parting::for_good, kStart).empty());
    CHECK(held.lease.arrive(2, "two", kStart) == Actions{Admit{2, true}});
    CHECK(held.lease.arrive(3, "one", kStart) == Actions{Refuse{3, Refusal::displaced}});
    CHECK_FALSE(held.lease.probing());
}

TEST_CASE("held: the holder's leaving ends it, others change nothing") {
    Held held;
    CHECK(held.lease.leave(9).empty());
    CHECK(held.lease.pulse(kGone, kStart).empty());
    CHECK(held.lease.vacated(Parting::for_good, kStart).empty());
    CHECK_FALSE(held.lease.holder());
}

TEST_CASE("probing: a holder that answers stays, and the newcomer is refused") {
    Probing probing;
    CHECK(probing.lease.pulse(kSilent, kStart + 900ms).empty());
    CHECK(probing.lease.pulse(kAnswers, kStart + 1s) ==
          Actions{EndProbe{1}, Refuse{2, Refusal::in_use}});
    CHECK(probing.lease.holder() == 1);
    CHECK_FALSE(probing.lease.probing());
}

TEST_CASE("probing: a dead holder is shut down, and only its end lets the newcomer in") {
    Probing probing;
    CHECK(probing.lease.pulse(kSilent, kStart + 5s) == Actions{ShutDown{1, false}});
    CHECK(probing.lease.pulse(kAnswers, kStart + 6s).empty());
    CHECK(probing.lease.holder() == 1);
    CHECK(probing.lease.vacated(Parting::for_good, kStart + 7s) == Actions{Admit{2, true}});
    CHECK(probing.lease.tokens().is_displaced("one"));
}

TEST_CASE("probing: a holder that says good-bye makes room at once") {
    Probing probing;
    CHECK(probing.lease.vacated(Parting::for_good, kStart) == Actions{Admit{2, true}});
}

TEST_CASE("probing: a holder that loses its connection may come back before the newcomer") {
    Probing probing;
    if (GENERATE(false, true)) {  // the reset is seen by the look, or by the session
        REQUIRE(probing.lease.pulse(kGone, kStart) == Actions{ShutDown{1, false}});
    }
    CHECK(probing.lease.vacated(Parting::may_return, kStart) == Actions{Wait{kStart + 3s}});
    CHECK_FALSE(probing.lease.holder());
    SECTION("it does") {
        CHECK(probing.lease.arrive(3, "one", kStart + 2s) ==
              Actions{Refuse{2, Refusal::holder_back}, Admit{3, false}});
        CHECK(probing.lease.reservation_over(kStart + 3s).empty());
        CHECK(probing.lease.holder() == 3);
    }
    SECTION("it does not") {
        CHECK(probing.lease.reservation_over(kStart + 2s).empty());
        CHECK(probing.lease.reservation_over(kStart + 3s) == Actions{Admit{2, true}});
        CHECK(probing.lease.tokens().is_displaced("one"));
    }
}

TEST_CASE("free: after a restart the boot that wrote last goes before whoever comes first") {
    BootTokens tokens;
    tokens.take_over("one");
    Lease lease{tokens, kStart};
    CHECK(lease.arrive(1, "", kStart + 1s) == Actions{Wait{kStart + 3s}});
    CHECK(lease.arrive(2, "one", kStart + 2s) ==
          Actions{Refuse{1, Refusal::holder_back}, Admit{2, false}});
}

TEST_CASE("free: nobody waits once the reservation is over, or where nobody could come back") {
    BootTokens tokens;
    tokens.take_over("one");
    Lease late{tokens, kStart};
    CHECK(late.arrive(1, "two", kStart + kReservation) == Actions{Admit{1, true}});
    Lease nobody{BootTokens(), kStart};
    CHECK(nobody.arrive(1, "", kStart) == Actions{Admit{1, false}});
    CHECK(nobody.vacated(Parting::may_return, kStart).empty());
    CHECK(nobody.arrive(2, "two", kStart) == Actions{Admit{2, true}});
}

TEST_CASE("free: a boot that lost its connection is admitted at once, another one waits") {
    Held held;
    CHECK(held.lease.vacated(Parting::may_return, kStart + 1s).empty());
    if (GENERATE(false, true)) {
        CHECK(held.lease.arrive(2, "two", kStart + 2s) == Actions{Wait{kStart + 4s}});
        CHECK(held.lease.leave(2).empty());
    }
    CHECK(held.lease.arrive(3, "one", kStart + 2s) == Actions{Admit{3, false}});
}

TEST_CASE("kept free: one newcomer waits, its newer connection goes before its older one") {
    Held held;
    CHECK(held.lease.vacated(Parting::may_return, kStart).empty());
    CHECK(held.lease.arrive(2, "two", kStart) == Actions{Wait{kStart + 3s}});
    CHECK(held.lease.arrive(3, "", kStart) == Actions{Refuse{3, Refusal::others_wait}});
    CHECK(held.lease.arrive(4, "two", kStart) == Actions{Refuse{2, Refusal::superseded}});
    CHECK(held.lease.pulse(kGone, kStart).empty());
    CHECK(held.lease.leave(2).empty());
    CHECK(held.lease.reservation_over(kStart + 3s) == Actions{Admit{4, true}});
}

TEST_CASE("yielding: a boot that answered nothing is not waited for again") {
    Probing probing;
    CHECK(probing.lease.pulse(kSilent, kStart + 5s) == Actions{ShutDown{1, false}});
    CHECK(probing.lease.vacated(Parting::may_return, kStart + 5s) == Actions{Admit{2, true}});
}

TEST_CASE("probing: the holder's boot goes before the newcomer") {
    Probing probing;
    CHECK(probing.lease.arrive(3, "one", kStart) ==
          Actions{EndProbe{1}, Refuse{2, Refusal::holder_back}, ShutDown{1, true}});
    CHECK(probing.lease.leave(2).empty());
    CHECK(probing.lease.vacated(Parting::for_good, kStart) == Actions{Admit{3, false}});
}

TEST_CASE("probing: a second newcomer is refused, the first waits on") {
    Probing probing;
    CHECK(probing.lease.arrive(3, "", kStart) == Actions{Refuse{3, Refusal::others_wait}});
    CHECK(probing.lease.arrive(4, "new", kStart) == Actions{Refuse{4, Refusal::others_wait}});
    CHECK(probing.lease.pulse(kGone, kStart) == Actions{ShutDown{1, false}});
    CHECK(probing.lease.vacated(Parting::for_good, kStart) == Actions{Admit{2, true}});
}

TEST_CASE("probing: a newcomer that connects once more keeps the time that it has waited") {
    Held held;
    CHECK(held.lease.arrive(2, "new", kStart) == Actions{Probe{1}});
    CHECK(held.lease.arrive(3, "new", kStart + 4s) == Actions{Refuse{2, Refusal::superseded}});
    CHECK(held.lease.leave(2).empty());
    CHECK(held.lease.pulse(kSilent, kStart + 5s) == Actions{ShutDown{1, false}});
    CHECK(held.lease.vacated(Parting::for_good, kStart + 5s) == Actions{Admit{3, true}});
}

TEST_CASE("probing: a newcomer that leaves ends it, and the holder keeps its token") {
    Probing probing;
    CHECK(probing.lease.leave(2) == Actions{EndProbe{1}});
    CHECK_FALSE(probing.lease.probing());
    CHECK(probing.lease.pulse(kGone, kStart).empty());
    CHECK(probing.lease.arrive(3, "one", kStart) == Actions{ShutDown{1, true}});
}

TEST_CASE("yielding: the same boot once more goes before its older connection") {
    Yielding yielding;
    CHECK(yielding.lease.arrive(3, "one", kStart) == Actions{Refuse{2, Refusal::superseded}});
    CHECK(yielding.lease.vacated(Parting::for_good, kStart) == Actions{Admit{3, false}});
}

TEST_CASE("yielding: the holder's boot goes before a newcomer for whom it was shut down") {
    Probing probing;
    CHECK(probing.lease.pulse(kGone, kStart) == Actions{ShutDown{1, false}});
    CHECK(probing.lease.arrive(3, "one", kStart) ==
          Actions{EndProbe{1}, Refuse{2, Refusal::holder_back}, ShutDown{1, true}});
    CHECK(probing.lease.vacated(Parting::for_good, kStart) == Actions{Admit{3, false}});
}

TEST_CASE("yielding: others are refused") {
    Yielding yielding;
    CHECK(yielding.lease.arrive(3, "", kStart) == Actions{Refuse{3, Refusal::others_wait}});
    CHECK(yielding.lease.arrive(4, "new", kStart) == Actions{Refuse{4, Refusal::others_wait}});
    CHECK(yielding.lease.pulse(kGone, kStart).empty());
}

TEST_CASE("yielding: when the one who waits leaves, the next still waits for the old work") {
    Yielding yielding;
    CHECK(yielding.lease.leave(2).empty());
    CHECK(yielding.lease.arrive(3, "one", kStart) == Actions{ShutDown{1, true}});
    CHECK(yielding.lease.leave(3).empty());
    CHECK(yielding.lease.arrive(4, "", kStart) == Actions{Probe{1}});
    CHECK(yielding.lease.pulse(kGone, kStart) == Actions{ShutDown{1, false}});
    CHECK(yielding.lease.vacated(Parting::for_good, kStart) == Actions{Admit{4, true}});
}
