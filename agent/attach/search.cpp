#include "agent/attach/search.h"

#include <utility>
#include <variant>

#include "lib/base/text.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::agent::attach {
namespace {

// Addresses that do not work may be old ones; so long they are used meanwhile.
constexpr Duration kAddressesAge{30'000};

// An address literal has a colon, or digits and dots alone.
bool is_literal(const std::string& host) {
    return host.find(':') != std::string::npos ||
           host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Search::Search(io::Loop& loop, Options options, Events events)
    : loop_(loop),
      options_(std::move(options)),
      events_(std::move(events)),
      timer_(loop.timer([this] { on_timer(); })) {
    for (config::Target& target : options_.targets) {
        choices_.push_back({.target = std::move(target)});
        choices_.back().is_name = !is_literal(choices_.back().target.host);
    }
    options_.retry.server_count = choices_.size();
    timer_->arm(loop_.now());  // begin inside the loop: only there is its now() the present
}

void Search::on_timer() {
    look_up_names();
    if (retry_) return act(retry_->on_pause_over(loop_.now()));
    retry_.emplace(options_.retry, loop_.now());
    act(retry_->begin());
}

void Search::act(const Retry::Action& action) {
    if (const auto* connect = std::get_if<Retry::Connect>(&action)) {
        current_ = connect->server;
        address_ = 0;
        try_choice();
    } else if (const auto* pause = std::get_if<Retry::Pause>(&action)) {
        timer_->arm(pause->until);
    } else {
        events_.on_give_up(std::get<Retry::GiveUp>(action).error);
    }
}

// At the beginning of each round, all at once: a name that nobody knows delays no other.
void Search::look_up_names() {
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        Choice& choice = choices_[i];
        if (!choice.is_name) {
            read_literal(choice);
            continue;
        }
        const bool is_fresh =
            !choice.addresses.empty() && loop_.now() - choice.looked_up_at < kAddressesAge;
        if (!choice.is_looked_up && !is_fresh) look_up(i);
    }
}

// In each round: the interface that it may name comes and goes.
void Search::read_literal(Choice& choice) {
    auto address = sys::parse_socket_address(choice.target.host, choice.target.port);
    choice.addresses.clear();
    if (address) {
        choice.addresses.push_back(*address);
    } else {
        choice.error = {.operation = "connect",
                        .object = describe(choice.target),
                        .reason = address.error().reason};
    }
}

void Search::look_up(std::size_t index) {
    Choice& choice = choices_[index];
    network::ResolverOptions options = options_.names;
    options.port = choice.target.port;
    choice.is_looked_up = true;
    choice.lookup = std::make_unique<network::Resolver>(
        loop_, std::move(options), choice.target.host,
        [this, index](Result<network::Resolver::Addresses> addresses) {
            on_addresses(index, std::move(addresses));
        });
}

void Search::on_addresses(std::size_t index, Result<network::Resolver::Addresses> addresses) {
    Choice& choice = choices_[index];
    choice.is_looked_up = false;
    if (addresses) {
        choice.addresses = std::move(*addresses);
        choice.looked_up_at = loop_.now();
    } else {
        choice.error = std::move(addresses).error();
    }
    if (index == current_ && std::exchange(is_waiting_, false)) try_choice();
}

void Search::try_choice() {
    const Choice& choice = choices_[current_];
    if (!choice.addresses.empty()) return try_address();
    if (choice.is_looked_up) {
        is_waiting_ = true;
        return;
    }
    on_failure({.error = choice.error});
}

void Search::try_address() {
    const Choice& choice = choices_[current_];
    attempt_ = std::make_unique<Attempt>(
        loop_, Server{.target = choice.target, .address = choice.addresses[address_]},
        options_.limits, options_.retry.give_up_at, std::nullopt,
        [this](Attempt::Outcome outcome) { on_outcome(std::move(outcome)); },
        AmongOthers{.path = options_.path, .may_negotiate = events_.may_negotiate});
}

void Search::on_outcome(Attempt::Outcome outcome) {
    attempt_.reset();
    if (auto* connection = std::get_if<Connection>(&outcome)) {
        const std::string unsaid = retry_->take_unsaid();
        if (!unsaid.empty()) events_.say(cat("attach: connected", unsaid));
        return events_.on_connection(std::move(*connection));
    }
    events_.on_attempt_failed();
    if (++address_ < choices_[current_].addresses.size()) return try_address();
    on_failure(std::get<Retry::Failure>(outcome));
}

void Search::on_failure(const Retry::Failure& failure) {
    const auto action = retry_->on_failure(failure, loop_.now());
    if (const auto line = retry_->take_line()) events_.say(*line);
    act(action);
}

void Search::negotiate() {
    if (attempt_) attempt_->negotiate();
}

std::vector<Server> Search::servers() const {
    std::vector<Server> servers;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        const auto& addresses = choices_[i].addresses;
        const std::size_t first = i == current_ ? address_ : 0;
        for (std::size_t k = 0; k < addresses.size(); ++k) {
            servers.push_back({.target = choices_[i].target,
                               .address = addresses[(first + k) % addresses.size()]});
        }
    }
    return servers;
}

}  // namespace nbdroot::agent::attach
