// nbd-rootserver: options, configuration and images, then the loop until a signal.
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "lib/sys/passed_socket.h"
#include "lib/sys/privileges.h"
#include "lib/sys/standard_streams.h"
#include "lib/sys/succession.h"
#include "server/check_report.h"
#include "server/config/options.h"
#include "server/exit_status.h"
#include "server/listen/inheritance.h"
#include "server/log/stderr_log.h"
#include "server/plan.h"
#include "server/server.h"

namespace nbdroot::server {
namespace {

// What the process was started as.
struct Started {
    std::string program{};
    std::vector<std::string> arguments{};
};

ExitStatus report(const Log& log, const Error& error, ExitStatus status) {
    log.error(error.message());
    return status;
}

ExitStatus print_plan(const Plan& plan) {
    std::fputs(check_report(plan).c_str(), stdout);
    return ExitStatus::done;
}

// What a service manager has done already needs no user, and cannot be done again.
Result<void> check_account(const Plan& plan) {
    if (!plan.account || sys::may_become(*plan.account)) return {};
    return fail("become", cat("user ", plan.account->user, ", group ", plan.account->group),
                "this server is not root and cannot change who it is; leave user and group out, or "
                "start it as root");
}

ExitStatus serve(const config::Options& options, Plan plan, const Started& started_as,
                 log::StderrLog& stderr_log) {
    const Log& log = stderr_log.lines();
    auto inherited = plan.config.standard_input ? Result<listen::Inheritance>(listen::Inheritance())
                                                : listen::Inheritance::take();
    if (!inherited) return report(log, inherited.error(), ExitStatus::listen);
    const auto account = check_account(plan);
    if (!account && !inherited->from_predecessor()) {
        log.error(cat(plan.config.account_origin, account.error().message()));
        return ExitStatus::config;
    }
    auto loop = io::make_epoll_loop();
    if (!loop) return report(log, loop.error(), ExitStatus::failed);
    Server server(**loop, log, std::move(*inherited));
    server.set_program(sys::own_program_path(started_as.program), started_as.arguments);
    if (const auto started = server.start(); !started) {
        return report(log, started.error(), ExitStatus::failed);
    }
    server.set_state_directory(plan.state_directory);
    for (PlannedExport& planned : plan.exports) {
        const auto added = server.add_export(std::move(planned));
        if (!added) return report(log, added.error(), ExitStatus::image);
    }
    server.set_limits(plan.config);
    const auto listening = plan.config.standard_input ? server.serve_standard_input()
                                                      : server.listen(plan.config, plan.account);
    if (!listening) return report(log, listening.error(), ExitStatus::listen);
    server.enable_reload(options, plan.config);
    const std::string& socket = plan.config.control_socket;
    // One client on standard input is not steered, unless somebody has asked for it.
    if (!plan.config.standard_input || !socket.empty()) {
        const auto opened = server.open_control(socket);
        if (!opened) return report(log, opened.error(), ExitStatus::listen);
    }
    if (plan.config.metrics) {
        const auto opened = server.open_metrics(*plan.config.metrics);
        if (!opened) return report(log, opened.error(), ExitStatus::listen);
    }
    if (plan.account) {
        const auto became = server.become(*plan.account);
        if (!became) return report(log, became.error(), ExitStatus::failed);
    }
    server.announce();
    stderr_log.begin_limiting();
    const log::Reminder reminder(**loop, stderr_log);
    const auto status = server.run();
    return status ? *status : report(log, status.error(), ExitStatus::failed);
}

ExitStatus run(const Started& started_as) {
    const std::vector<std::string>& arguments = started_as.arguments;
    using Action = config::Options::Action;
    // Before the options are read: their faults are lines of the log, too.
    const bool serves_input =
        std::find(arguments.begin(), arguments.end(), "--stdio") != arguments.end();
    if (serves_input && !sys::keep_log_from_standard_input()) return ExitStatus::failed;
    const auto options = config::parse_options(arguments);
    if (!options) {
        const log::StderrLog log(Level::info);
        return report(log.lines(), options.error(), ExitStatus::usage);
    }
    if (options->action == Action::help) {
        std::fputs(config::usage_text().c_str(), stdout);
        return ExitStatus::done;
    }
    if (options->action == Action::version) {
        std::puts("nbd-rootserver " NBDROOT_VERSION);
        return ExitStatus::done;
    }
    log::StderrLog log(options->log_level);
    auto plan = make_plan(*options, log.lines());
    if (!plan) return plan.error();
    return options->action == Action::check ? print_plan(*plan)
                                            : serve(*options, std::move(*plan), started_as, log);
}

}  // namespace
}  // namespace nbdroot::server

int main(int argc, char** argv) {
    using nbdroot::server::ExitStatus;
    // Else an image may get the number of standard error, and the log.
    if (!nbdroot::sys::fill_standard_streams()) return static_cast<int>(ExitStatus::failed);
    const int first = argc > 0 ? 1 : 0;
    return static_cast<int>(nbdroot::server::run(
        {.program = first > 0 ? argv[0] : "", .arguments = {argv + first, argv + argc}}));
}
