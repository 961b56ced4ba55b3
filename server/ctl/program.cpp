#include "server/ctl/program.h"

#include <string>

#include "lib/base/text.h"
#include "lib/sys/console.h"
#include "lib/sys/working_directory.h"
#include "server/ctl/answers.h"
#include "server/ctl/file_root.h"
#include "server/ctl/inquiry.h"
#include "server/ctl/options.h"
#include "server/ctl/overlay_work.h"

namespace nbdroot::server::ctl {
namespace {

ExitStatus complain(const Complaint& complaint) {
    sys::write_to_standard_error(cat("nbd-rootserverctl: ", complaint.text, "\n"));
    return complaint.status;
}

// Its socket is the one of the server that was asked: whoever comes before it serves waits there.
ExitStatus meet_successor(const Options& options, const JsonValue& predecessor) {
    const auto reply = ask(options.socket, {.command = control::Request::Command::stats},
                           limit_of(options.request));
    if (!reply) return complain(reply.error());
    if (options.json) sys::write_to_standard_output(reply->text);
    const std::string fault = successor_complaint(predecessor, reply->json);
    if (!fault.empty()) return complain({.text = fault});
    if (!options.json) sys::write_to_standard_output(describe_successor(reply->json));
    return ExitStatus::done;
}

// The server has a working directory of its own.
Result<control::Request> with_whole_path(control::Request request) {
    if (request.image.empty() || request.image.starts_with('/')) return request;
    request.image = cat(NBDROOT_TRY(sys::working_directory()), '/', request.image);
    return request;
}

ExitStatus steer(const Options& options) {
    const auto whole = with_whole_path(options.request);
    if (!whole) return complain({.text = whole.error().message()});
    const control::Request& request = *whole;
    const auto reply = ask(options.socket, request, limit_of(request));
    if (!reply) return complain(reply.error());
    const std::string refusal = complaint(request, reply->json);
    const bool goes_on = refusal.empty() && request.command == control::Request::Command::restart;
    if (options.json && !goes_on) sys::write_to_standard_output(reply->text);
    if (!refusal.empty()) return complain({.text = refusal});
    if (!options.json) sys::write_to_standard_output(describe(request, reply->json));
    if (goes_on) return meet_successor(options, reply->json);
    return ExitStatus::done;
}

}  // namespace

ExitStatus run(std::span<const char* const> arguments) {
    const auto options = parse_options(arguments);
    if (!options) {
        return complain({.text = options.error().message(), .status = ExitStatus::usage});
    }
    switch (options->action) {
        case Options::Action::help:
            sys::write_to_standard_output(usage_text());
            return ExitStatus::done;
        case Options::Action::version:
            sys::write_to_standard_output("nbd-rootserverctl " NBDROOT_VERSION "\n");
            return ExitStatus::done;
        case Options::Action::work: {
            const auto done = work(*options);
            return done ? ExitStatus::done : complain(done.error());
        }
        case Options::Action::hash_file: {
            const auto done = hash_file(*options);
            return done ? ExitStatus::done : complain(done.error());
        }
        case Options::Action::ask:
            break;
    }
    return steer(*options);
}

}  // namespace nbdroot::server::ctl
