#include "server/ctl/program.h"

#include <cerrno>
#include <string>

#include "lib/base/json_value.h"
#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/unix_client.h"
#include "server/ctl/answers.h"
#include "server/ctl/options.h"

namespace nbdroot::server::ctl {
namespace {

// A server under load answers between two of its turns.
constexpr Duration kAnswerLimit = std::chrono::seconds(20);

// A reload opens every image, and reads some of those that are new: on slow disks, many of them.
constexpr Duration kReloadLimit = std::chrono::minutes(10);

// Some 500 bytes for each client of a server that has tens of thousands.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 20;

ExitStatus complain(std::string_view text, ExitStatus status) {
    sys::write_to_standard_error(cat("nbd-rootserverctl: ", text, "\n"));
    return status;
}

std::string hint(const Error& error) {
    switch (error.code) {
        case ENOENT:
        case ECONNREFUSED:
            return "; no server runs with this control socket: see systemctl status "
                   "nbd-rootserver, or name another with -s";
        case EACCES:
        case EPERM:
            return "; only the user who started the server may ask it: try as root";
        default:
            return "";
    }
}

Duration limit_of(const control::Request& request) {
    using Command = control::Request::Command;
    if (request.command == Command::reload) return kReloadLimit;
    return request.command == Command::drain ? kAnswerLimit + request.timeout : kAnswerLimit;
}

Result<std::string> ask(const Options& options) {
    return sys::ask_unix(options.socket, to_json(options.request) + '\n', limit_of(options.request),
                         kLongestAnswer);
}

}  // namespace

ExitStatus run(std::span<const char* const> arguments) {
    const auto options = parse_options(arguments);
    if (!options) return complain(options.error().message(), ExitStatus::usage);
    if (options->action == Options::Action::help) {
        sys::write_to_standard_output(usage_text());
        return ExitStatus::done;
    }
    if (options->action == Options::Action::version) {
        sys::write_to_standard_output("nbd-rootserverctl " NBDROOT_VERSION "\n");
        return ExitStatus::done;
    }
    const auto text = ask(*options);
    if (!text) {
        return complain(text.error().message() + hint(text.error()), ExitStatus::no_server);
    }
    if (text->empty()) {
        return complain(
            cat(options->socket, ": closed without an answer: the server has stopped meanwhile"),
            ExitStatus::failed);
    }
    const auto answer = base::parse_json(*text, kLongestAnswer);
    if (!answer) {
        return complain(
            cat(options->socket, ": no answer of an nbd-rootserver: ", answer.error().reason),
            ExitStatus::failed);
    }
    const std::string refusal = complaint(options->request, *answer);
    if (options->json) sys::write_to_standard_output(*text);
    if (!refusal.empty()) return complain(refusal, ExitStatus::failed);
    if (!options->json) sys::write_to_standard_output(describe(options->request, *answer));
    return ExitStatus::done;
}

}  // namespace nbdroot::server::ctl
