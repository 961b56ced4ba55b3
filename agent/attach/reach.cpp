#include "agent/attach/reach.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "agent/attach/search.h"
#include "lib/base/text.h"
#include "lib/sys/random.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::agent::attach {
namespace {

// Of searches beside the first one: the console has one line for each uplink.
constexpr Duration kRivalLineAfter{30'000};

// Searches end by themselves at their deadline, with a better reason than the one known here.
constexpr Duration kLastWord{250};

constexpr std::string_view kLineBegin = "attach";

class Reach {
public:
    Reach(io::Loop& loop, network::Uplinks& uplinks, const Log& log, ReachOptions options)
        : loop_(loop),
          uplinks_(uplinks),
          log_(log),
          options_(std::move(options)),
          begin_timer_(loop.timer([this] { follow_uplinks(); })),
          give_up_timer_(loop.timer([this] { on_give_up_time(); })) {}

    Result<std::unique_ptr<Reached>> run();

private:
    struct Way {
        network::Network network;
        bool is_of_others = false;
        std::unique_ptr<Search> search;
    };

    void follow_uplinks();
    void drop_lost_ways();
    void begin(const network::Uplink& uplink);
    [[nodiscard]] bool is_refused(unsigned id) const {
        return std::find(refused_.begin(), refused_.end(), id) != refused_.end();
    }
    void refuse(const network::Uplink& uplink, const Error& error);
    [[nodiscard]] Search::Options search_options(const network::Uplink& uplink,
                                                 std::vector<config::Target> targets) const;
    [[nodiscard]] Search::Events events_of(unsigned id);
    [[nodiscard]] bool may_negotiate(unsigned id);
    void give_way(unsigned id);
    void on_connection(unsigned id, Connection connection);
    void release(const Connection& connection) const;
    void on_give_up_time();
    void say(unsigned id, const std::string& line) const;
    void finish(Result<std::unique_ptr<Reached>> result);

    io::Loop& loop_;
    network::Uplinks& uplinks_;
    const Log& log_;
    ReachOptions options_;
    std::map<unsigned, Way> ways_;   // by the uplink's id
    std::vector<unsigned> refused_;  // uplinks that name no server, and are not asked again
    bool had_rivals_ = false;
    std::optional<unsigned> negotiating_;
    std::vector<unsigned> waiting_;  // for their handshake
    std::optional<Error> last_error_;
    std::optional<Instant> last_word_at_;
    std::unique_ptr<io::Timer> begin_timer_;
    std::unique_ptr<io::Timer> give_up_timer_;
    std::optional<Result<std::unique_ptr<Reached>>> result_;
};

Result<std::unique_ptr<Reached>> Reach::run() {
    begin_timer_->arm(loop_.now());
    if (options_.give_up_at) give_up_timer_->arm(*options_.give_up_at);
    uplinks_.on_change([this] { follow_uplinks(); });
    const Result<void> ran = loop_.run();
    uplinks_.on_change(nullptr);
    if (result_) return std::move(*result_);
    NBDROOT_CHECK(ran);
    return fail("connect", "", "was called off", ECANCELED);
}

void Reach::follow_uplinks() {
    if (result_) return;
    if (uplinks_.error()) return finish(fail(*uplinks_.error()));
    drop_lost_ways();
    // A copy: one that is refused is taken off the list.
    const std::vector<network::Uplink> up = uplinks_.up();
    for (const network::Uplink& uplink : up) {
        if (!ways_.contains(uplink.id) && !is_refused(uplink.id)) begin(uplink);
    }
}

void Reach::drop_lost_ways() {
    const auto& up = uplinks_.up();
    for (auto way = ways_.begin(); way != ways_.end();) {
        const unsigned id = way->first;
        const bool is_there = std::any_of(
            up.begin(), up.end(), [&](const network::Uplink& uplink) { return uplink.id == id; });
        if (is_there) {
            ++way;
            continue;
        }
        way = ways_.erase(way);
        give_way(id);
    }
}

void Reach::begin(const network::Uplink& uplink) {
    auto targets = options_.targets_of(uplink.network);
    if (!targets) return refuse(uplink, targets.error());
    had_rivals_ = had_rivals_ || !ways_.empty();
    Search::Options options = search_options(uplink, std::move(*targets));
    ways_.emplace(uplink.id, Way{.network = uplink.network,
                                 .is_of_others = uplink.is_of_others,
                                 .search = std::make_unique<Search>(loop_, std::move(options),
                                                                    events_of(uplink.id))});
}

// Another uplink's DHCP server, or this one's in a while, may name a server.
void Reach::refuse(const network::Uplink& uplink, const Error& error) {
    if (!uplinks_.asks_dhcp()) return finish(fail(error));
    last_error_ = error;
    if (!uplink.network.dhcp_server) {
        refused_.push_back(uplink.id);
        log_.warning(cat(error.message(), "; waiting for another interface"));
        return;
    }
    log_.warning(
        cat(error.message(), "; asking DHCP again in ", network::kTryAgain.count() / 1000, " s"));
    uplinks_.ask_again(uplink.id, error.reason);
}

Search::Options Reach::search_options(const network::Uplink& uplink,
                                      std::vector<config::Target> targets) const {
    Search::Options options{.targets = std::move(targets), .limits = options_.limits};
    options.names.servers = uplink.network.name_servers;
    options.names.search = uplink.network.search;
    if (!uplink.is_of_others) {
        options.path = {.interface_name = uplink.network.interface_name,
                        .source = uplink.network.address.address};
        options.names.interface_name = uplink.network.interface_name;
    }
    options.retry.give_up_at = options_.give_up_at;
    options.retry.seed = sys::random_u32();
    if (!ways_.empty()) options.retry.repeat_line_after = kRivalLineAfter;
    return options;
}

Search::Events Reach::events_of(unsigned id) {
    return {.may_negotiate = [this, id] { return may_negotiate(id); },
            .on_attempt_failed = [this, id] { give_way(id); },
            .on_connection =
                [this, id](Connection connection) { on_connection(id, std::move(connection)); },
            .on_give_up = [this](Error error) { finish(fail(std::move(error))); },
            .say = [this, id](const std::string& line) { say(id, line); }};
}

bool Reach::may_negotiate(unsigned id) {
    if (!negotiating_) {
        negotiating_ = id;
        return true;
    }
    waiting_.push_back(id);
    return false;
}

void Reach::give_way(unsigned id) {
    std::erase(waiting_, id);
    if (negotiating_ != id) return;
    negotiating_.reset();
    if (waiting_.empty()) return;
    negotiating_ = waiting_.front();
    waiting_.erase(waiting_.begin());
    ways_.at(*negotiating_).search->negotiate();
}

// The uplinks are settled here and not after the loop's turn: until then the one that has won could
// still go.
void Reach::on_connection(unsigned id, Connection connection) {
    if (result_) return;
    const Way& way = ways_.at(id);
    if (!connection.warning.empty()) log_.warning(connection.warning);
    auto reached = std::make_unique<Reached>();
    reached->connection = std::move(connection);
    reached->servers = way.search->servers();
    reached->network = uplinks_.settle(id);
    reached->had_rivals = had_rivals_;
    if (!way.is_of_others) release(reached->connection);
    finish(std::move(reached));
}

// From now on there is one way only, and a manager may make the interface a part of another one.
void Reach::release(const Connection& connection) const {
    const auto done = sys::release_interface(connection.socket.get(), describe(connection.server));
    if (!done) log_.warning(cat(done.error().message(), "; it stays bound to it"));
}

void Reach::on_give_up_time() {
    const bool is_last_word = last_word_at_ && loop_.now() >= *last_word_at_;
    if (!ways_.empty() && !is_last_word) {
        last_word_at_ = loop_.now() + kLastWord;
        return give_up_timer_->arm(*last_word_at_);
    }
    if (last_error_) return finish(fail(*last_error_));
    finish(fail("connect", "", cat("no uplink in time (", uplinks_.status(), ")")));
}

// With one uplink nobody asks which.
void Reach::say(unsigned id, const std::string& line) const {
    if (ways_.size() < 2 || !line.starts_with(kLineBegin)) return log_.warning(line);
    log_.warning(
        cat(kLineBegin, " ", ways_.at(id).network.interface_name, line.substr(kLineBegin.size())));
}

void Reach::finish(Result<std::unique_ptr<Reached>> result) {
    if (result_) return;
    result_.emplace(std::move(result));
    loop_.stop();
}

}  // namespace

Result<std::unique_ptr<Reached>> reach(io::Loop& loop, network::Uplinks& uplinks, const Log& log,
                                       ReachOptions options) {
    return Reach(loop, uplinks, log, std::move(options)).run();
}

}  // namespace nbdroot::agent::attach
