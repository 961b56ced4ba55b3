#include "agent/boot.h"

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/attach/device.h"
#include "agent/attach/negotiate.h"
#include "agent/config/parse.h"
#include "agent/failure.h"
#include "agent/network/bring_up.h"
#include "agent/report/boot_record.h"
#include "agent/report/kernel_log.h"
#include "agent/resident/guardian.h"
#include "agent/resident/plan.h"
#include "agent/root/handover.h"
#include "agent/root/root.h"
#include "agent/servers.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"

namespace nbdroot::agent {
namespace {

using report::BootRecord;

constexpr const char* kRunFolder = "/run/nbdroot";

// A DHCP server that named no NBD server may be mended meanwhile; asking is cheap for both.
constexpr Duration kAskAgain{10'000};

struct CommandLine {
    std::string kernel;    // /proc/cmdline
    std::string defaults;  // /etc/nbdroot/cmdline
};

Result<CommandLine> read_command_line() {
    CommandLine text;
    text.kernel = NBDROOT_TRY(sys::read_text_file("/proc/cmdline"));
    auto defaults = sys::read_text_file("/etc/nbdroot/cmdline");
    if (!defaults && defaults.error().code != ENOENT) return fail(defaults.error());
    if (defaults) text.defaults = std::move(*defaults);
    return text;
}

// The first line of a file under /sys; empty where there is none.
std::string first_line(const std::string& path) {
    const auto text = sys::read_text_file(path);
    return text ? text->substr(0, text->find_first_of(std::string_view("\n\0", 2))) : std::string();
}

// SMBIOS, or the device tree where that describes the machine.
Hardware read_hardware() {
    Hardware hardware{.system_uuid = first_line("/sys/class/dmi/id/product_uuid"),
                      .serial = first_line("/sys/class/dmi/id/product_serial")};
    if (hardware.serial.empty()) {
        hardware.serial = first_line("/sys/firmware/devicetree/base/serial-number");
    }
    return hardware;
}

// How far the boot has come. run() and attach() go on where the last call failed, so that a second
// try repeats nothing that has worked.
class Boot {
public:
    explicit Boot(Log& log) : log_(log) {}

    // Returns only after a failure.
    [[nodiscard]] Error run() {
        auto result = reach_device(true);
        if (result) result = become_root();
        return result ? start_init() : std::move(result).error();
    }

    // The path of the device.
    [[nodiscard]] Result<std::string> attach(bool with_network) {
        NBDROOT_CHECK(reach_device(with_network));
        save(BootRecord::State::attached);
        return device_->path;
    }

    void record_failure(const Error& error) {
        record_.end(sys::now());
        record_.error = error.message();
        save(BootRecord::State::failed);
    }

    [[nodiscard]] bool has_config() const { return config_.has_value(); }
    [[nodiscard]] FailurePolicy failure_policy() const {
        if (config_) return {.action = config_->fail, .panic_seconds = config_->panic_seconds};
        const auto text = read_command_line();
        return text ? policy_of_refused(cat(text->defaults, ' ', text->kernel)) : FailurePolicy{};
    }

private:
    // Runs STAGE as the phase NAME of the boot record.
    template <class Stage>
    auto timed(const char* name, Stage stage) {
        record_.begin(name, sys::now());
        auto result = stage();
        record_.end(sys::now());
        return result;
    }

    Result<void> reach_device(bool with_network) {
        if (device_ && (mounted_ || attach::is_attached(*device_))) return {};
        if (!config_) NBDROOT_CHECK(timed("config", [this] { return read_config(); }));
        const auto give_up_at = deadline();
        if (!modules_loaded_ && with_network) {
            NBDROOT_CHECK(timed("modules", [this] { return load_modules(); }));
        }
        NBDROOT_CHECK(expect_driver());
        if (!servers_) {
            NBDROOT_CHECK(timed("network", [this, with_network, give_up_at] {
                return with_network ? reach_network(give_up_at) : take_servers(nullptr);
            }));
        }
        return reach_server(give_up_at);
    }

    [[nodiscard]] std::optional<Instant> deadline() const {
        if (config_->boot_timeout_seconds == 0) return std::nullopt;
        return sys::now() + std::chrono::seconds(config_->boot_timeout_seconds);
    }

    Result<void> read_config() {
        const CommandLine text = NBDROOT_TRY(read_command_line());
        config_.emplace(NBDROOT_TRY(config::parse_command_line(text.kernel, text.defaults)));
        log_.set_threshold(config_->log_level);
        for (const std::string& note : config_->notes) log_.info("config " + note);
        return {};
    }

    Result<void> load_modules() {
        const int count = NBDROOT_TRY(root::load_modules(log_));
        log_.info(cat("modules ", count, " loaded"));
        modules_loaded_ = true;
        return {};
    }

    Result<void> expect_driver() {
        if (sys::path_exists("/sys/module/nbd")) return {};
        return fail("attach", "nbd",
                    "the kernel has no nbd driver yet: put the module nbd into the initramfs, or "
                    "run modprobe nbd");
    }

    Result<io::Loop*> loop() {
        if (!loop_) loop_ = NBDROOT_TRY(io::make_epoll_loop());
        return loop_.get();
    }

    Result<void> take_servers(const network::Network* network) {
        const auto targets =
            NBDROOT_TRY(choose_servers(config_->targets, network, read_hardware(), log_));
        servers_.emplace(NBDROOT_TRY(attach::resolve_all(targets, log_)));
        return {};
    }

    Result<void> reach_network(std::optional<Instant> give_up_at) {
        io::Loop* const on = NBDROOT_TRY(loop());
        for (;;) {
            const network::Network network =
                NBDROOT_TRY(network::bring_up(*on, config_->network, log_, give_up_at));
            log_.info(network::describe(network));
            kept_ = network.kept;
            auto taken = take_servers(&network);
            if (taken) return {};
            const Instant again = sys::now() + kAskAgain;
            const bool too_late = give_up_at && again > *give_up_at;
            if (too_late || !network.dhcp_server) return taken;
            log_.warning(cat(taken.error().message(), "; asking DHCP again in ",
                             kAskAgain.count() / 1000, " s"));
            sys::pause_until(again);
        }
    }

    Result<void> reach_server(std::optional<Instant> give_up_at) {
        io::Loop* const on = NBDROOT_TRY(loop());
        attach::Connection connection = NBDROOT_TRY(timed("connect", [this, on, give_up_at] {
            return attach::connect_to_first(*on, *servers_, log_, give_up_at);
        }));
        record_.server = attach::describe(connection.server);
        log_.info(
            cat("connect ", record_.server, ", ", base::human_size(connection.info.size_bytes)));
        if (!connection.warning.empty()) log_.warning(connection.warning);
        NBDROOT_CHECK(timed("attach", [this, &connection, give_up_at] {
            return attach_to(std::move(connection), give_up_at);
        }));
        record_.device = device_->path;
        const bool by_netlink = device_->mode == config::AttachMode::netlink;
        log_.info(cat("attach ", device_->path, device_->read_only ? ", read-only" : ", writable",
                      by_netlink ? " (netlink" : " (ioctl",
                      device_->is_relayed ? ", relay)" : ")"));
        return {};
    }

    // The resident comes before anybody reads the device: from then on a lost connection is its
    // business.
    Result<void> attach_to(attach::Connection connection, std::optional<Instant> give_up_at) {
        resident_.reset();
        auto attachment = NBDROOT_TRY(
            attach::attach_device(connection,
                                  {.mode = config_->attach,
                                   .name = config_->device,
                                   .relay = config_->relay,
                                   .dead_connection_timeout_seconds =
                                       resident::dead_connection_timeout_seconds(*config_)},
                                  log_));
        auto usable = start_resident(std::move(connection), attachment, give_up_at);
        if (usable) usable = attach::wait_until_usable(attachment);
        if (!usable) {
            if (resident_) resident::end(*resident_);
            attach::detach_device(attachment, log_);
            return usable;
        }
        device_.emplace(std::move(attachment.device));
        return {};
    }

    Result<void> start_resident(attach::Connection connection, attach::Attachment& attachment,
                                std::optional<Instant> give_up_at) {
        const resident::Plan plan = resident::make_plan({.config = *config_,
                                                         .servers = *servers_,
                                                         .connection = connection,
                                                         .device = attachment.device,
                                                         .runner = attachment.runner.pid,
                                                         .give_up_at = give_up_at,
                                                         .network = kept_});
        resident::Held held = resident::open_held(plan, log_);
        held.connection = std::move(connection.socket);
        held.kernel = std::move(attachment.relay_end);
        resident_.emplace(NBDROOT_TRY(resident::start(plan, std::move(held), log_)));
        return {};
    }

    Result<void> become_root() {
        if (!mounted_) NBDROOT_CHECK(timed("mount", [this] { return mount(); }));
        if (entered_) return {};
        record_.init = NBDROOT_TRY(root::find_init(config_->root));
        root::hand_over_to_systemd({.root = root::kNewRoot,
                                    .init = record_.init,
                                    .by_ioctl = device_->mode == config::AttachMode::ioctl},
                                   log_);
        log_.info("switch_root " + record_.init);
        NBDROOT_CHECK(timed("switch_root", [this] { return root::enter_root(log_); }));
        entered_ = true;
        return {};
    }

    Result<void> mount() {
        const root::Mounted mounted =
            NBDROOT_TRY(root::mount_root(config_->root, device_->path, device_->read_only, log_));
        log_.info(cat("mount ", mounted.device, ", ", mounted.file_system,
                      mounted.read_only ? ", read-only" : ", writable"));
        mounted_ = true;
        return {};
    }

    Error start_init() {
        record_.error.clear();
        save(BootRecord::State::switched_root);
        return root::execute_init(config_->root, record_.init);
    }

    void save(BootRecord::State state) {
        record_.state = state;
        auto saved = sys::make_directories(kRunFolder);
        if (saved) saved = sys::replace_file(cat(kRunFolder, "/boot.json"), to_json(record_));
        if (!saved) log_.warning(saved.error().message() + "; going on without it");
    }

    Log& log_;
    BootRecord record_;
    std::unique_ptr<io::Loop> loop_;
    std::optional<config::BootConfig> config_;
    bool modules_loaded_ = false;
    network::Kept kept_;
    std::optional<std::vector<attach::Server>> servers_;
    std::optional<attach::Device> device_;
    std::optional<resident::Resident> resident_;
    bool mounted_ = false;
    bool entered_ = false;
};

Log make_log(const report::KernelLog& kernel_log) {
    return {Level::info,
            [&kernel_log](Level level, std::string_view line) { kernel_log.write(level, line); }};
}

}  // namespace

void boot() {
    const std::vector<Error> early = root::mount_basics();
    const report::KernelLog kernel_log;
    Log log = make_log(kernel_log);
    log.info(cat("start nbdroot-agent " NBDROOT_VERSION ", Linux ",
                 first_line("/proc/sys/kernel/osrelease")));
    for (const Error& error : early) log.error(error.message() + "; going on without it");
    Boot boot(log);
    for (;;) {
        const Error error = boot.run();
        boot.record_failure(error);
        act_after_failure(boot.failure_policy(), error, log);
    }
}

void hand_over(const std::string& root, const std::string& init) {
    const report::KernelLog kernel_log;
    const auto status = sys::read_text_file(cat(kRunFolder, "/status.json"));
    const bool by_ioctl = status && status->find(R"("attach":"ioctl")") != std::string::npos;
    root::hand_over_to_systemd({.root = root, .init = init, .by_ioctl = by_ioctl},
                               make_log(kernel_log));
}

ExitStatus attach_only(const AttachOnly& options) {
    const report::KernelLog kernel_log;
    Log log = make_log(kernel_log);
    Boot boot(log);
    const auto device = boot.attach(options.with_network);
    if (!device) {
        boot.record_failure(device.error());
        log.error(cat("attach failed: ", device.error().message(), "; giving up"));
        return boot.has_config() ? ExitStatus::failed : ExitStatus::wrong_usage;
    }
    sys::write_to_standard_output(*device + '\n');
    return ExitStatus::done;
}

}  // namespace nbdroot::agent
