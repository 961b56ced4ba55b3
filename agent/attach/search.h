// The search for a server over one uplink: names are looked up, then the servers are tried in
// their order, as Retry says.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/attach/attempt.h"
#include "agent/attach/negotiate.h"
#include "agent/attach/retry.h"
#include "agent/config/boot_config.h"
#include "agent/network/resolver.h"
#include "lib/io/loop.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::agent::attach {

class Search {
public:
    struct Options {
        std::vector<config::Target> targets;  // at least one, each of them a server
        sys::Path path = {};
        network::ResolverOptions names = {};
        Limits limits = {};
        Retry::Options retry = {};
    };

    // Called from the loop.
    struct Events {
        std::function<bool()> may_negotiate;      // as in AmongOthers
        std::function<void()> on_attempt_failed;  // whatever came of may_negotiate is over
        std::function<void(Connection)> on_connection;
        std::function<void(Error)> on_give_up;
        std::function<void(const std::string&)> say;  // a warning for the log
    };

    // Begins as soon as LOOP runs. With on_connection or on_give_up it has ended.
    Search(io::Loop& loop, Options options, Events events);
    // Registered with the loop by address.
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
    ~Search() = default;

    // For one whose may_negotiate said no.
    void negotiate();

    // Those whose addresses are known by now, in order; of a name's addresses the one that was
    // tried last is the first.
    [[nodiscard]] std::vector<Server> servers() const;

private:
    struct Choice {
        config::Target target;
        bool is_name = false;
        std::vector<sys::SocketAddress> addresses = {};
        std::unique_ptr<network::Resolver> lookup = {};
        bool is_looked_up = false;
        Instant looked_up_at{};
        Error error = {};  // why there are no addresses
    };

    void on_timer();
    void act(const Retry::Action& action);
    void read_literal(Choice& choice);
    void look_up_names();
    void look_up(std::size_t index);
    void on_addresses(std::size_t index, Result<network::Resolver::Addresses> addresses);
    void try_choice();
    void try_address();
    void on_outcome(Attempt::Outcome outcome);
    void on_failure(const Retry::Failure& failure);

    io::Loop& loop_;
    Options options_;
    Events events_;
    std::vector<Choice> choices_;
    std::size_t current_ = 0;  // of choices_
    std::size_t address_ = 0;  // of the current one's
    bool is_waiting_ = false;  // for the current one's name
    std::optional<Retry> retry_;
    std::unique_ptr<io::Timer> timer_;
    std::unique_ptr<Attempt> attempt_;
};

}  // namespace nbdroot::agent::attach
