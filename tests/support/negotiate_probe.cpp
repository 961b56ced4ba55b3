// usage: negotiate_probe [--give-up MS] [--connect MS] [--negotiate MS] HOST PORT [EXPORT]...
//        [--then HOST PORT EXPORT]
// Finds a server the way the agent does and prints what it offers, one "key value" a line. More
// than one server: HOST PORT EXPORT, three words each. With --then the connection is dropped and
// the server after it tried as the same boot would: "again same", or "again" and why it is not
// taken; "lasting" says whether that passes by itself. Exit 0: connected; 1: the line on standard
// output says why not.
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/attach/attempt.h"
#include "agent/attach/reach.h"
#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "lib/sys/clock.h"
#include "lib/sys/socket_address.h"

namespace {

using namespace nbdroot;

struct Arguments {
    std::vector<agent::config::Target> servers;
    std::vector<agent::config::Target> then;
    agent::attach::Limits limits;
    std::optional<Duration> give_up;
};

Duration milliseconds(const char* text) { return Duration(base::parse_decimal(text).value_or(0)); }

Arguments parse(const std::vector<const char*>& words) {
    Arguments arguments;
    std::size_t i = 0;
    for (; i + 1 < words.size() && std::string(words[i]).starts_with("--"); i += 2) {
        const std::string option = words[i];
        if (option == "--give-up") arguments.give_up = milliseconds(words[i + 1]);
        if (option == "--connect") arguments.limits.connect = milliseconds(words[i + 1]);
        if (option == "--negotiate") arguments.limits.negotiate = milliseconds(words[i + 1]);
    }
    for (; i + 1 < words.size(); i += 3) {
        const bool is_then = std::string(words[i]) == "--then";
        if (is_then && ++i + 1 >= words.size()) break;
        const auto port = base::parse_decimal(words[i + 1], UINT16_MAX);
        auto& servers = is_then ? arguments.then : arguments.servers;
        servers.push_back({.host = words[i],
                           .port = static_cast<std::uint16_t>(port.value_or(0)),
                           .export_name = i + 2 < words.size() ? words[i + 2] : ""});
    }
    return arguments;
}

void print(const agent::attach::Connection& connection) {
    const auto& info = connection.info;
    std::printf("server %s\n", agent::attach::describe(connection.server).c_str());
    std::printf("size %llu\n", static_cast<unsigned long long>(info.size_bytes));
    std::printf("flags 0x%x\n", unsigned{info.transmission_flags});
    if (info.block_sizes) {
        std::printf("blocks %u %u %u\n", info.block_sizes->minimum, info.block_sizes->preferred,
                    info.block_sizes->maximum_payload);
    }
    char byte;
    const bool silent = recv(connection.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
    std::printf("unread %s\n", silent ? "nothing" : "something");
    const agent::attach::Identity& identity = connection.identity;
    std::printf("name %s\ndisk %s\ndigest %s\n", identity.canonical_name.c_str(),
                identity.disk_id.c_str(), identity.digest ? "known" : "none");
}

// Over whatever way the routes lead.
Result<agent::attach::Connection> connect(io::Loop& loop, const Arguments& arguments,
                                          const Log& log) {
    const auto uplinks = agent::network::Uplinks::of_others(loop, {}, log);
    std::optional<Instant> give_up_at;
    if (arguments.give_up) give_up_at = sys::now() + *arguments.give_up;
    auto reached = NBDROOT_TRY(agent::attach::reach(
        loop, *uplinks, log,
        {.targets_of = [&](const agent::network::Network&) { return arguments.servers; },
         .give_up_at = give_up_at,
         .limits = arguments.limits}));
    return std::move(reached->connection);
}

// A server that is still starting is waited for.
bool is_starting(const agent::attach::Attempt::Outcome& outcome) {
    const auto* failure = std::get_if<agent::attach::Retry::Failure>(&outcome);
    return failure != nullptr && failure->error.code == ECONNREFUSED;
}

void print_again(const agent::attach::Attempt::Outcome& outcome) {
    if (std::holds_alternative<agent::attach::Connection>(outcome)) {
        std::printf("again same\n");
        return;
    }
    const auto& failure = std::get<agent::attach::Retry::Failure>(outcome);
    std::printf("again %s\nlasting %s\n", failure.error.message().c_str(),
                failure.is_lasting ? "yes" : "no");
}

// One attempt by a boot whose connections must show IDENTITY.
int try_again(io::Loop& loop, const Arguments& arguments, const agent::attach::Identity& identity) {
    const auto& target = arguments.then.front();
    const auto address = sys::parse_socket_address(target.host, target.port);
    if (!address) return 2;
    const agent::attach::Server server{.target = target, .address = *address};
    std::optional<agent::attach::Attempt> attempt;
    std::unique_ptr<io::Timer> timer;
    timer = loop.timer([&] {
        attempt.emplace(loop, server, arguments.limits, std::nullopt, identity,
                        [&](const agent::attach::Attempt::Outcome& outcome) {
                            constexpr Duration kPause{20};
                            if (is_starting(outcome)) return timer->arm(loop.now() + kPause);
                            print_again(outcome);
                            loop.stop();
                        });
    });
    timer->arm(loop.now());
    return loop.run() ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = parse({argv + 1, argv + argc});
    const Log log(base::Level::debug, [](base::Level, std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    });
    auto loop = io::make_epoll_loop();
    if (!loop) return 2;
    auto connection = connect(**loop, arguments, log);
    if (!connection) {
        std::printf("error %s\n", connection.error().message().c_str());
        return 1;
    }
    print(*connection);
    if (arguments.then.empty()) return 0;
    connection->socket.reset();
    return try_again(**loop, arguments, connection->identity);
}
