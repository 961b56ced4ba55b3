#include "agent/stages.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "agent/handover/network.h"
#include "agent/hardware.h"
#include "agent/network/name_service.h"
#include "agent/rescue/command_lines.h"
#include "agent/rescue/prompt.h"
#include "agent/resident/plan.h"
#include "agent/root/handover.h"
#include "agent/root/root.h"
#include "agent/servers.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"

namespace nbdroot::agent {
namespace {

using report::BootRecord;

constexpr const char* kRunFolder = "/run/nbdroot";

Failure another_try() { return fail("boot", "", "somebody wants another try", ECANCELED); }

Result<void> expect_driver() {
    if (sys::path_exists("/sys/module/nbd")) return {};
    return fail("attach", "nbd",
                "the kernel has no nbd driver yet: put the module nbd into the initramfs, or "
                "run modprobe nbd");
}

bool has_dhcp(const std::vector<config::Target>& targets) {
    return std::any_of(targets.begin(), targets.end(), [](const config::Target& target) {
        return target.kind == config::Target::Kind::dhcp;
    });
}

// Nothing is known of it but whom to ask for names.
network::Network network_of_others(const config::BootConfig& config) {
    network::NameService names = network::find_name_service();
    network::Network network;
    network.name_servers = config.network.name_servers;
    network.name_servers.insert(network.name_servers.end(), names.servers.begin(),
                                names.servers.end());
    network.search = std::move(names.search);
    return network;
}

}  // namespace

Result<void> Stages::prepare() {
    if (entered_) return {};  // nothing is left to prepare, and "/" is somebody's image
    NBDROOT_CHECK(read_config());
    if (root_is_bad_) let_go_of_device(Users::are_spared);
    NBDROOT_CHECK(reach_device(true));
    auto reached = reach_root();
    root_is_bad_ = !reached && reached.error().code != ECANCELED;
    return reached;
}

Result<std::string> Stages::attach(bool with_network) {
    NBDROOT_CHECK(read_config());
    NBDROOT_CHECK(reach_device(with_network));
    save(BootRecord::State::attached);
    if (network_) handover::note_network(*network_, log_);
    if (config_->overlay.tmpfs) {
        log_.warning(
            "attach: nbdroot.overlay has no effect here: this initramfs mounts the root by itself");
    }
    return device_->path;
}

void Stages::record_failure(const Error& error) {
    record_.end(sys::now());
    record_.error = error.message();
    save(BootRecord::State::failed);
}

FailurePolicy Stages::failure_policy() const {
    if (config_) return {.action = config_->fail, .panic_seconds = config_->panic_seconds};
    const auto texts = rescue::read_command_lines();
    if (!texts) return {};
    return policy_of_refused(*texts);
}

// A new command line is for the whole boot, also where it was written during a break.
Result<void> Stages::break_before(const std::string& phase) {
    if (world_.console == nullptr || !config_) return {};
    const auto& wanted = config_->break_before;
    if (std::find(wanted.begin(), wanted.end(), phase) == wanted.end()) return {};
    if (std::find(breaks_made_.begin(), breaks_made_.end(), phase) != breaks_made_.end()) return {};
    breaks_made_.push_back(phase);
    save(BootRecord::State::booting);
    log_.warning(cat("boot: stopped before ", phase, " (nbdroot.break=); when the rescue ",
                     rescue::has_shell() ? "shell" : "prompt", " ends the boot goes on"));
    const Instant began = sys::now();
    world_.console->run(cat("stopped before ", phase));
    if (give_up_at_) *give_up_at_ += sys::now() - began;  // of somebody's time nothing counts
    const auto texts = rescue::read_command_lines();
    if (texts && *texts != texts_) return another_try();
    return {};
}

Result<void> Stages::read_config() {
    config::CommandLines texts = NBDROOT_TRY(rescue::read_command_lines());
    if (config_ && texts == texts_) return {};
    config::BootConfig config =
        NBDROOT_TRY(timed("config", [&texts] { return config::parse_command_lines(texts); }));
    texts_ = std::move(texts);
    take_config(std::move(config));
    return {};
}

void Stages::take_config(config::BootConfig config) {
    if (config_) {
        log_.info("config has changed; beginning anew");
        let_go_of_device(Users::are_not_asked);
        if (uplinks_ && config_->network != config.network) {
            uplinks_->take_back_addresses();
            uplinks_.reset();
        }
    }
    config_.emplace(std::move(config));
    log_.set_threshold(config_->log_level);
    world_.resident_log.set_threshold(config_->log_level);
    for (const std::string& note : config_->notes) log_.info("config " + note);
    offer_console();
}

void Stages::offer_console() const {
    const bool wanted = plan_after_failure(failure_policy()).step == FailurePlan::Step::console;
    if (world_.console == nullptr) return;
    if (wanted) {
        world_.console->offer(world_.last_words);
    } else {
        world_.console->stop_offering();
    }
}

Result<void> Stages::reach_device(bool with_network) {
    if (device_ && (mounted_ || attach::is_attached(*device_))) return {};
    give_up_at_ = deadline();
    if (!modules_loaded_ && with_network) {
        NBDROOT_CHECK(timed("modules", [this] { return load_modules(); }));
    }
    NBDROOT_CHECK(expect_driver());
    if (!uplinks_ || uplinks_->up().empty()) {
        NBDROOT_CHECK(timed("network", [=, this] { return reach_network(with_network); }));
    }
    NBDROOT_CHECK(uplinks_->reopen());
    return reach_server();
}

std::optional<Instant> Stages::deadline() const {
    if (config_->boot_timeout_seconds == 0) return std::nullopt;
    return sys::now() + std::chrono::seconds(config_->boot_timeout_seconds);
}

Result<void> Stages::load_modules() {
    const int count = NBDROOT_TRY(root::load_modules(log_));
    log_.info(cat("modules ", count, " loaded"));
    modules_loaded_ = true;
    return {};
}

Result<void> Stages::reach_network(bool with_network) {
    if (uplinks_ && uplinks_->error()) uplinks_.reset();
    if (!uplinks_ && with_network) {
        uplinks_ = NBDROOT_TRY(network::Uplinks::start(
            world_.loop,
            {.network = config_->network, .wants_root_path = has_dhcp(config_->targets)}, log_));
    } else if (!uplinks_) {
        uplinks_ = network::Uplinks::of_others(world_.loop, network_of_others(*config_), log_);
    }
    NBDROOT_CHECK(network::wait_for_first(world_.loop, *uplinks_, give_up_at_));
    if (with_network) record_.network = network::describe(uplinks_->up().front().network);
    return {};
}

Result<std::vector<config::Target>> Stages::targets_of(const network::Network& network) {
    auto targets = NBDROOT_TRY(choose_servers(config_->targets, network, read_hardware(), log_));
    record_.servers.clear();
    for (const config::Target& target : targets) {
        record_.servers.push_back(attach::describe(target));
    }
    return targets;
}

Result<void> Stages::reach_server() {
    const auto reached = NBDROOT_TRY(timed("connect", [this] {
        return attach::reach(
            world_.loop, *uplinks_, log_,
            {.targets_of = [this](const network::Network& network) { return targets_of(network); },
             .give_up_at = give_up_at_,
             .limits = {}});
    }));
    network_ = reached->network;
    if (reached->had_rivals) record_.network = network::describe(*network_);
    record_.server = attach::describe(reached->connection.server);
    log_.info(cat("connect ", record_.server,
                  reached->had_rivals ? cat(" through ", network_->interface_name) : "", ", ",
                  base::human_size(reached->connection.info.size_bytes)));
    NBDROOT_CHECK(timed("attach", [&] { return attach_to(*reached); }));
    record_.device = device_->path;
    const bool by_netlink = device_->mode == config::AttachMode::netlink;
    log_.info(cat("attach ", device_->path, device_->read_only ? ", read-only" : ", writable",
                  by_netlink ? " (netlink" : " (ioctl", device_->is_relayed ? ", relay)" : ")"));
    return {};
}

// The resident comes before anybody reads the device: from then on a lost connection is its
// business.
Result<void> Stages::attach_to(attach::Reached& reached) {
    resident_.reset();
    auto attachment = NBDROOT_TRY(attach::attach_device(
        reached.connection,
        {.mode = config_->attach,
         .name = config_->device,
         .relay = config_->relay,
         .dead_connection_timeout_seconds = resident::dead_connection_timeout_seconds(*config_)},
        log_));
    auto usable = start_resident(reached, attachment);
    if (usable) usable = attach::wait_until_usable(attachment);
    if (!usable) {
        if (resident_) resident::end(*resident_);
        attach::detach_device(attachment, log_);
        return usable;
    }
    device_.emplace(std::move(attachment.device));
    runner_ = std::move(attachment.runner);
    return {};
}

Result<void> Stages::start_resident(attach::Reached& reached, attach::Attachment& attachment) {
    const resident::Plan plan = resident::make_plan(
        {.config = *config_,
         .servers = reached.servers,
         .connection = reached.connection,
         .device = attachment.device,
         .runner = attachment.runner.pid,
         .give_up_at = give_up_at_,
         .network = reached.network.kept,
         .lease = network::held_lease_of(reached.network, config_->network.arp_check)});
    resident::Held held = resident::open_held(plan, log_);
    held.connection = std::move(reached.connection.socket);
    held.kernel = std::move(attachment.relay_end);
    resident_.emplace(NBDROOT_TRY(resident::start(plan, std::move(held), world_.resident_log)));
    return {};
}

Result<void> Stages::reach_root() {
    if (!mounted_) NBDROOT_CHECK(timed("mount", [this] { return mount(); }));
    record_.init = NBDROOT_TRY(root::find_init(config_->root));
    return {};
}

Result<void> Stages::mount() {
    // Somebody mends the root. What he has half written must not be booted, nor he be ended.
    if (sys::is_in_use(device_->path)) {
        return fail("mount", device_->path,
                    "somebody has it, or a part of it, in use; unmount it, and the boot goes on",
                    EBUSY);
    }
    const root::Mounted mounted =
        NBDROOT_TRY(root::mount_root({.root = config_->root,
                                      .overlay = config_->overlay,
                                      .device = device_->path,
                                      .device_is_read_only = device_->read_only},
                                     log_));
    log_.info("mount " + root::describe(mounted));
    mounted_ = true;
    return {};
}

// The next try takes the device anew: the server may have another image by then. Not so where
// somebody has it open for himself, to mend it.
void Stages::let_go_of_device(Users users) {
    root_is_bad_ = false;
    mounted_ = false;
    if (!device_) return;
    root::unmount_root(device_->path);
    if (users == Users::are_spared && sys::is_in_use(device_->path)) return;
    if (resident_) resident::end(*resident_);
    resident_.reset();
    attach::detach_device(
        {.device = *device_, .relay_end = {}, .runner = std::exchange(runner_, {})}, log_);
    device_.reset();
    record_.device.clear();
}

Error Stages::enter() {
    if (!entered_) {
        root::hand_over({.root = root::kNewRoot,
                         .init = record_.init,
                         .by_ioctl = device_->mode == config::AttachMode::ioctl},
                        log_);
        hand_over_network();
        log_.info("switch_root " + record_.init);
        auto entered = timed("switch_root", [this] { return root::enter_root(log_); });
        if (!entered) return std::move(entered).error();
        entered_ = true;
    }
    Error error = start_init();
    error.reason += "; the root is entered already: other parameters need a reboot";
    return error;
}

void Stages::hand_over_network() {
    if (!network_) return;
    handover::hand_over_network(
        {.root = root::kNewRoot,
         .network = *network_,
         .host_name_is_given = handover::is_host_name_given(config_->network, *network_)},
        log_);
}

Error Stages::start_init() {
    record_.error.clear();
    save(BootRecord::State::switched_root);
    sys::set_flow_control(0, sys::FlowControl::on);
    Error error = root::execute_init(config_->root, record_.init, record_.started, log_);
    sys::set_flow_control(0, sys::FlowControl::off);
    return error;
}

void Stages::save(BootRecord::State state) {
    record_.state = state;
    auto saved = sys::make_directories(kRunFolder);
    if (saved) saved = sys::replace_file(cat(kRunFolder, "/boot.json"), to_json(record_));
    if (!saved) log_.warning(saved.error().message() + "; going on without it");
}

}  // namespace nbdroot::agent
