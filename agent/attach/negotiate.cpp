#include "agent/attach/negotiate.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <variant>

#include "agent/attach/attempt.h"
#include "agent/attach/retry.h"
#include "lib/base/text.h"
#include "lib/sys/random.h"
#include "lib/sys/socket_address.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kExportNameShown = 64;

Result<Server> resolve(const config::Target& target) {
    if (target.kind != config::Target::Kind::server) {
        return fail("attach", "dhcp", "DHCP gave no root-path that names a server");
    }
    auto address = sys::parse_socket_address(target.host, target.port);
    if (!address) return fail("attach", describe(target), address.error().reason);
    return Server{.target = target, .address = *address};
}

// Drives Retry with the loop: what it decides is done here, and the other way round.
class Search {
public:
    Search(io::Loop& loop, std::vector<Server> servers, const Log& log,
           std::optional<Instant> give_up_at, const Limits& limits, std::uint32_t seed)
        : loop_(loop),
          servers_(std::move(servers)),
          log_(log),
          give_up_at_(give_up_at),
          limits_(limits),
          seed_(seed),
          timer_(loop.timer([this] { on_timer(); })) {}

    Result<Connection> run() {
        timer_->arm(loop_.now());  // begin inside the loop: only there is its now() the present
        NBDROOT_CHECK(loop_.run());
        if (connection_) return std::move(*connection_);
        if (error_.reason.empty()) return fail("connect", "", "was called off", ECANCELED);
        return fail(std::move(error_));
    }

private:
    void on_timer() {
        if (retry_) return act(retry_->on_pause_over(loop_.now()));
        retry_.emplace(
            Retry::Options{
                .server_count = servers_.size(), .give_up_at = give_up_at_, .seed = seed_},
            loop_.now());
        act(retry_->begin());
    }

    void on_outcome(Attempt::Outcome outcome) {
        attempt_.reset();
        if (auto* connection = std::get_if<Connection>(&outcome)) {
            if (!connection->warning.empty()) log_.warning(connection->warning);
            connection_.emplace(std::move(*connection));
            return loop_.stop();
        }
        const auto action = retry_->on_failure(std::get<Retry::Failure>(outcome), loop_.now());
        if (const auto line = retry_->take_line()) log_.warning(*line);
        act(action);
    }

    void act(const Retry::Action& action) {
        if (const auto* connect = std::get_if<Retry::Connect>(&action)) {
            const Server& server = servers_[connect->server];
            attempt_ = std::make_unique<Attempt>(
                loop_, server, limits_, give_up_at_, std::nullopt,
                [this](Attempt::Outcome outcome) { on_outcome(std::move(outcome)); });
        } else if (const auto* pause = std::get_if<Retry::Pause>(&action)) {
            timer_->arm(pause->until);
        } else {
            error_ = std::get<Retry::GiveUp>(action).error;
            loop_.stop();
        }
    }

    io::Loop& loop_;
    std::vector<Server> servers_;
    const Log& log_;
    std::optional<Instant> give_up_at_;
    Limits limits_;
    std::uint32_t seed_;
    std::optional<Retry> retry_;
    std::unique_ptr<io::Timer> timer_;
    std::unique_ptr<Attempt> attempt_;
    std::optional<Connection> connection_;
    Error error_;
};

}  // namespace

Result<std::vector<Server>> resolve_all(const std::vector<config::Target>& targets,
                                        const Log& log) {
    std::vector<Server> servers;
    std::vector<Error> errors;
    for (const config::Target& target : targets) {
        if (auto server = resolve(target)) {
            servers.push_back(std::move(*server));
        } else {
            errors.push_back(std::move(server).error());
        }
    }
    if (servers.empty()) {
        if (!errors.empty()) return fail(errors.front());
        return fail("attach", "", "no server is given; add nbdroot=HOST:PORT to the command line");
    }
    for (const Error& error : errors) log.warning(cat(error.message(), "; going on without it"));
    return servers;
}

Result<Connection> connect_to_first(io::Loop& loop, std::vector<Server> servers, const Log& log,
                                    std::optional<Instant> give_up_at, const Limits& limits) {
    Search search(loop, std::move(servers), log, give_up_at, limits, sys::random_u32());
    return search.run();
}

std::string describe(const config::Target& server) {
    const bool is_v6 = server.host.find(':') != std::string::npos;
    std::string text = is_v6 ? cat("[", server.host, "]") : server.host;
    text += cat(":", server.port);
    if (!server.export_name.empty()) {
        text += cat("/", base::printable(server.export_name, kExportNameShown));
    }
    return text;
}

}  // namespace nbdroot::agent::attach
