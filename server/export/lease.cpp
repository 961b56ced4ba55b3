#include "server/export/lease.h"

#include <utility>

#include "lib/base/assert.h"

namespace nbdroot::server::export_ {

bool Lease::is_holders_boot(const std::string& token) const {
    return !token.empty() && token == tokens_.current();
}

Lease::Actions Lease::arrive(ClientId client, const std::string& token, Instant now) {
    const Waiter newcomer{.client = client, .token = token, .arrived = now};
    if (tokens_.is_displaced(token)) return {Refuse{client, Refusal::displaced}};
    switch (state_) {
        case State::free:
            return arrive_free(newcomer, now);
        case State::held:
            if (is_holders_boot(token)) return yield_to(newcomer);
            state_ = State::probing;
            waiter_ = newcomer;
            return {Probe{*holder_}};
        case State::kept_free:
        case State::probing:
        case State::yielding:
            break;
    }
    if (!token.empty() && token == waiter_->token) return replace_waiter(newcomer);
    if (!is_holders_boot(token)) return {Refuse{client, Refusal::others_wait}};
    // The boot that wrote last goes before whoever waits: it lives.
    if (state_ == State::kept_free) {
        const auto waiting = std::exchange(waiter_, std::nullopt);
        Actions actions{Refuse{waiting->client, Refusal::holder_back}};
        for (Action& action : admit(newcomer, now)) actions.push_back(action);
        return actions;
    }
    Actions actions = end_probing(Refusal::holder_back);
    for (Action& action : yield_to(newcomer)) actions.push_back(action);
    return actions;
}

Lease::Actions Lease::arrive_free(Waiter newcomer, Instant now) {
    if (!is_reserved(now) || is_holders_boot(newcomer.token)) return admit(newcomer, now);
    return keep_free(std::move(newcomer));
}

// The boot that wrote last has until the reservation ends; then it is WAITER's turn.
Lease::Actions Lease::keep_free(Waiter waiter) {
    state_ = State::kept_free;
    waiter_ = std::move(waiter);
    return {Wait{reserved_until_}};
}

// The boot that waits has connected once more; the time that it has waited stays its own.
Lease::Actions Lease::replace_waiter(Waiter newcomer) {
    newcomer.arrived = waiter_->arrived;
    const auto before = std::exchange(waiter_, std::move(newcomer));
    return {Refuse{before->client, Refusal::superseded}};
}

Lease::Actions Lease::leave(ClientId client) {
    if (!waiter_ || waiter_->client != client) return {};  // it was refused or admitted meanwhile
    waiter_.reset();
    if (state_ == State::kept_free) {
        state_ = State::free;
        return {};
    }
    // Yielding: the holder stays until its work has ended; whoever comes finds it closed.
    if (std::exchange(state_, State::held) == State::probing) return {EndProbe{*holder_}};
    return {};
}

Lease::Actions Lease::pulse(const Pulse& pulse, Instant now) {
    if (state_ != State::probing) return {};  // a look that was under way when probing ended
    switch (judge(pulse, now - waiter_->arrived)) {
        case Verdict::undecided:
            return {};
        case Verdict::alive:
            return end_probing(Refusal::in_use);
        case Verdict::over:
            break;
        case Verdict::dead:
            holder_is_dead_ = true;
            break;
    }
    return yield_to(*std::exchange(waiter_, std::nullopt));
}

Lease::Actions Lease::vacated(Parting parting, Instant now) {
    NBDROOT_ASSERT(holder_);
    const bool may_return = parting == Parting::may_return && !holder_is_dead_;
    const auto waiter = std::exchange(waiter_, std::nullopt);
    holder_.reset();
    holder_is_dead_ = false;
    state_ = State::free;
    reserved_until_ = may_return ? now + kReservation : now;
    if (!waiter) return {};
    return arrive_free(*waiter, now);
}

Lease::Actions Lease::reservation_over(Instant now) {
    if (state_ != State::kept_free || now < reserved_until_) return {};  // an older timer
    return admit(*std::exchange(waiter_, std::nullopt), now);
}

Lease::Actions Lease::admit(const Waiter& waiter, Instant now) {
    state_ = State::held;
    holder_ = waiter.client;
    held_since_ = now;
    before_ = tokens_;
    return {Admit{waiter.client, tokens_.take_over(waiter.token)}};
}

// The holder goes; WAITER is admitted once its work has ended.
Lease::Actions Lease::yield_to(Waiter waiter) {
    const bool same_boot = is_holders_boot(waiter.token);
    state_ = State::yielding;
    waiter_ = std::move(waiter);
    return {ShutDown{*holder_, same_boot}};
}

// The holder stays.
Lease::Actions Lease::end_probing(Refusal why) {
    state_ = State::held;
    holder_is_dead_ = false;
    const auto waiter = std::exchange(waiter_, std::nullopt);
    return {EndProbe{*holder_}, Refuse{waiter->client, why}};
}

}  // namespace nbdroot::server::export_
