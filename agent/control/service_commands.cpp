#include "agent/control/service_commands.h"

#include <deque>
#include <optional>

#include "agent/control/ask.h"
#include "agent/control/service_text.h"
#include "agent/service/connection.h"
#include "agent/service/hash_ranges.h"
#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

using protocol::service::Hashes;
using protocol::service::Status;
using service::Connection;

// "10.0.0.1", the port, and by which name this boot knows its export.
Result<service::Server> server_of(const JsonValue& status) {
    const std::string& host = status["host"].text();
    const std::int64_t port = status["port"].number();
    if (host.empty() || port < 1 || port > UINT16_MAX) {
        return fail("ask", "the agent", "it does not say where its server is: another version");
    }
    const std::string& name = status["name"].text();
    return service::Server{
        .address = NBDROOT_TRY(sys::parse_socket_address(host, static_cast<std::uint16_t>(port))),
        .text = base::printable(cat(host, " port ", port)),
        .subject = name.empty() ? status["export"].text() : name};
}

Result<Connection> reach_server(const Call& call) {
    const auto status = NBDROOT_TRY(ask(call.run, "status"));
    const auto server = NBDROOT_TRY(server_of(status.value));
    auto connection = Connection::open(server);
    const std::string& state = status.value["state"].text();
    const bool has_answered = connection || connection.error().code < 0;
    if (has_answered || state == "connected") return connection;
    Error error = std::move(connection).error();
    error.reason += cat("; the root's connection is ", base::printable(state), " too");
    return fail(std::move(error));
}

ExitStatus complain_of_server(const Error& error) {
    (void)complain(error);
    if (error.code == service::kNotSupported) return ExitStatus::not_supported;
    return error.code == service::kRefused ? ExitStatus::refused : ExitStatus::failed;
}

// What the server says where it has not done what it was asked.
ExitStatus complain_of_refusal(const service::Answer& answer) {
    const auto value = base::parse_json(answer.text, protocol::service::kMaximumAnswer);
    const std::string text = value ? value->operator[]("error").text() : "";
    (void)complain(
        {.operation = "ask",
         .object = "the server",
         .reason = text.empty() ? "it says no, and not why" : base::printable(text, 1024)});
    return answer.status == Status::refused ? ExitStatus::refused : ExitStatus::failed;
}

struct HashCall {
    Hashes wanted{};
    std::string wrong{};  // usage; empty: fine
};

HashCall read_hash_call(Words& words) {
    const auto algorithm = words.take_value("--algo");
    const auto block = words.take_value("--block");
    const auto offset = words.take();
    const auto length = words.take();
    if (!offset || !length) return {.wrong = "OFFSET and LENGTH are needed"};
    if (const auto surplus = words.surplus()) return {.wrong = *surplus};
    const auto known = protocol::service::parse_algorithm(algorithm.value_or("sha256"));
    if (!known) return {.wrong = "--algo: there are sha256 and xxh3"};
    const auto offset_bytes = parse_size(*offset);
    const auto length_bytes = parse_size(*length);
    const auto block_bytes = parse_size(block.value_or(*length));
    if (!offset_bytes || !length_bytes || !block_bytes) {
        return {.wrong = "OFFSET, LENGTH and SIZE are bytes, or a number with K, M, G or T"};
    }
    if (*length_bytes == 0 || *block_bytes == 0) return {.wrong = "LENGTH and SIZE are at least 1"};
    if (*offset_bytes > INT64_MAX - *length_bytes) {
        return {.wrong = "the range ends beyond 2^63 bytes"};
    }
    return {.wanted = {.algorithm = *known,
                       .offset_bytes = *offset_bytes,
                       .length_bytes = *length_bytes,
                       .block_bytes = *block_bytes}};
}

// Each answer is shown as it comes.
ExitStatus hash_ranges(Connection& connection, const Hashes& wanted) {
    service::HashRanges ranges(wanted);
    const std::size_t ahead = ranges.ahead();
    std::deque<Hashes> begun;
    for (auto next = ranges.next(); next || !begun.empty();) {
        if (next && begun.size() < ahead) {
            const auto sent = connection.begin(*next);
            if (!sent) return complain_of_server(sent.error());
            begun.push_back(*next);
            next = ranges.next();
            continue;
        }
        const auto answer = connection.finish();
        if (!answer) return complain_of_server(answer.error());
        if (answer->status != Status::done) return complain_of_refusal(*answer);
        const auto hashes = protocol::service::parse_hashes(answer->text, begun.front());
        if (!hashes) return complain_of_server(hashes.error());
        (void)print(hash_lines(begun.front(), *hashes));
        begun.pop_front();
    }
    return ExitStatus::done;
}

}  // namespace

ExitStatus order_server(Call& call) {
    const protocol::service::Words words{call.words.take_list()};
    if (words.words.empty()) return refuse("server-cmd: which command?");
    if (const auto fits = protocol::service::check(words); !fits) {
        return refuse(cat("server-cmd: ", fits.error().reason));
    }
    auto connection = reach_server(call);
    if (!connection) return complain_of_server(connection.error());
    const auto answer = connection->ask(words);
    if (!answer) return complain_of_server(answer.error());
    if (answer->status != Status::done) return complain_of_refusal(*answer);
    const auto value = base::parse_json(answer->text, protocol::service::kMaximumAnswer);
    if (!value) return complain_of_server(value.error());
    (void)print(describe_answer(*value));
    if (const std::string trouble = trouble_of_script(*value); !trouble.empty()) {
        return complain({.operation = "run", .object = "the script", .reason = trouble});
    }
    return ExitStatus::done;
}

ExitStatus show_hashes(Call& call) {
    const HashCall read = read_hash_call(call.words);
    if (!read.wrong.empty()) return refuse(cat("hash: ", read.wrong));
    auto connection = reach_server(call);
    if (!connection) return complain_of_server(connection.error());
    return hash_ranges(*connection, read.wanted);
}

}  // namespace nbdroot::agent::control
