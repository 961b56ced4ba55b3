#include "agent/config/options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "agent/config/refuse.h"
#include "agent/config/target.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::uint64_t kSecondsMaximum = 31'536'000;  // a year: more is a slip, and it fits an int
constexpr std::uint64_t kTmpfsNumberMaximum = 8'589'934'591;  // GiB in 2^63 bytes
constexpr std::size_t kNearDistance = 2;  // edits between a key and a slip of it

struct Option {
    std::string_view name;
    std::string_view takes;  // for the error
    bool (*set)(BootConfig&, std::string_view value);
};

template <class T>
struct Choice {
    std::string_view name;
    T value;
};

template <class T, std::size_t size>
bool choose(std::string_view value, const std::array<Choice<T>, size>& choices, T& out) {
    for (const Choice<T>& choice : choices) {
        if (choice.name != value) continue;
        out = choice.value;
        return true;
    }
    return false;
}

bool set_seconds(std::string_view value, std::uint32_t& out) {
    const auto seconds = base::parse_decimal(value, kSecondsMaximum);
    if (seconds) out = static_cast<std::uint32_t>(*seconds);
    return seconds.has_value();
}

bool set_attach(BootConfig& config, std::string_view value) {
    static constexpr std::array<Choice<AttachMode>, 3> kModes{{{"auto", AttachMode::automatic},
                                                               {"netlink", AttachMode::netlink},
                                                               {"ioctl", AttachMode::ioctl}}};
    return choose(value, kModes, config.attach);
}

bool set_device(BootConfig& config, std::string_view value) {
    auto device = parse_nbd_device(value);
    if (device) config.device = std::move(*device);
    return device.has_value();
}

bool set_timeout(BootConfig& config, std::string_view value) {
    return set_seconds(value, config.timeout_seconds);
}

bool set_lost(BootConfig& config, std::string_view value) {
    static constexpr std::array<Choice<LostPolicy::Action>, 2> kActions{
        {{"reboot", LostPolicy::Action::reboot}, {"error", LostPolicy::Action::error}}};
    if (value == "wait") {
        config.lost = {};
        return true;
    }
    const std::size_t colon = value.find(':');
    LostPolicy lost;
    if (colon == std::string_view::npos) return false;
    if (!choose(value.substr(0, colon), kActions, lost.action)) return false;
    if (!set_seconds(value.substr(colon + 1), lost.seconds) || lost.seconds == 0) return false;
    config.lost = lost;
    return true;
}

bool set_boot_timeout(BootConfig& config, std::string_view value) {
    return set_seconds(value, config.boot_timeout_seconds);
}

bool set_break(BootConfig& config, std::string_view value) {
    std::vector<std::string> phases;
    for (const std::string_view name : base::split(value, ',')) {
        const bool is_phase =
            std::find(kBreakPhases.begin(), kBreakPhases.end(), name) != kBreakPhases.end();
        if (!is_phase) return false;
        phases.emplace_back(name);
    }
    config.break_before = std::move(phases);
    return true;
}

bool set_shutdown_timeout(BootConfig& config, std::string_view value) {
    return set_seconds(value, config.shutdown_timeout_seconds);
}

bool set_fail(BootConfig& config, std::string_view value) {
    static constexpr std::array<Choice<FailAction>, 3> kActions{
        {{"shell", FailAction::shell},
         {"reboot", FailAction::reboot},
         {"poweroff", FailAction::poweroff}}};
    FailAction action{};
    if (!choose(value, kActions, action)) return false;
    config.fail = action;
    return true;
}

// As the kernel's tmpfs takes it: bytes, with k, m or g behind them, or percent of the memory.
bool is_tmpfs_size(std::string_view text) {
    if (text.ends_with('%')) {
        text.remove_suffix(1);
        const auto percent = base::parse_decimal(text, 100);
        return percent && *percent > 0;
    }
    if (!text.empty() && std::string_view("kKmMgG").find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
    const auto number = base::parse_decimal(text, kTmpfsNumberMaximum);
    return number && *number > 0;
}

bool set_overlay(BootConfig& config, std::string_view value) {
    if (value == "none") {
        config.overlay = {};
        return true;
    }
    if (value == "tmpfs") {
        config.overlay = {.tmpfs = true, .size = {}};
        return true;
    }
    if (!value.starts_with("tmpfs:") || !is_tmpfs_size(value.substr(6))) return false;
    config.overlay = {.tmpfs = true, .size = std::string(value.substr(6))};
    return true;
}

constexpr std::array<Choice<bool>, 2> kSwitch{{{"0", false}, {"1", true}}};

bool set_relay(BootConfig& config, std::string_view value) {
    return choose(value, kSwitch, config.relay);
}

bool set_arp_check(BootConfig& config, std::string_view value) {
    return choose(value, kSwitch, config.network.arp_check);
}

bool set_failover(BootConfig& config, std::string_view value) {
    static constexpr std::array<Choice<bool>, 2> kModes{{{"ro", false}, {"rw", true}}};
    return choose(value, kModes, config.failover_writable);
}

bool set_log(BootConfig& config, std::string_view value) {
    static constexpr std::array<Choice<Level>, 4> kLevels{{{"error", Level::error},
                                                           {"warning", Level::warning},
                                                           {"info", Level::info},
                                                           {"debug", Level::debug}}};
    return choose(value, kLevels, config.log_level);
}

constexpr std::array<Option, 13> kOptions{{
    {"attach", "auto, netlink or ioctl", set_attach},
    {"device", "nbd0 to nbd32767 (a partition is written root=/dev/nbd0p1)", set_device},
    {"timeout", "seconds from 0 (never) to 31536000", set_timeout},
    {"lost", "wait, reboot:SECONDS or error:SECONDS, with 1 to 31536000 seconds", set_lost},
    {"boot-timeout", "seconds from 0 (keep trying) to 31536000", set_boot_timeout},
    {"shutdown-timeout", "seconds from 0 (wait for ever) to 31536000", set_shutdown_timeout},
    {"fail", "shell, reboot or poweroff", set_fail},
    {"break", "modules, network, connect, attach, mount or switch_root, or a list of them",
     set_break},
    {"overlay", "none, tmpfs or tmpfs:SIZE, with SIZE as in 512M, 2G or 50%", set_overlay},
    {"relay", "0 or 1", set_relay},
    {"failover", "ro or rw", set_failover},
    {"arp-check", "0 or 1", set_arp_check},
    {"log", "error, warning, info or debug", set_log},
}};

// Levenshtein's: how many letters to insert, drop or change.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row[b.size()];
}

bool is_near(std::string_view key, std::string_view name) {
    constexpr std::size_t kLongest = 32;  // nothing longer is near, and the time stays small
    if (key.size() > kLongest || key.empty()) return false;
    return name.starts_with(key) || key.starts_with(name) || distance(key, name) <= kNearDistance;
}

Failure unknown_key(std::string_view key) {
    std::string near;
    std::string all;
    for (const Option& option : kOptions) {
        if (is_near(key, option.name))
            near += cat(near.empty() ? "" : " or ", "nbdroot.", option.name);
        all += cat(all.empty() ? "" : ", ", option.name);
    }
    if (!near.empty()) return refuse(cat("is not known; did you mean ", near));
    return refuse(cat("is not known; nbdroot. takes ", all));
}

}  // namespace

Result<void> set_option(BootConfig& config, std::string_view key,
                        std::optional<std::string_view> value) {
    for (const Option& option : kOptions) {
        if (option.name != key) continue;
        if (!value) return refuse(cat("has no value; it takes ", option.takes));
        if (option.set(config, *value)) return {};
        return refuse(cat("takes ", option.takes, ", not ", quoted(*value)));
    }
    return unknown_key(key);
}

}  // namespace nbdroot::agent::config
