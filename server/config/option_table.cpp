#include "server/config/option_table.h"

#include <array>
#include <utility>

#include "lib/base/text.h"
#include "server/config/ini_value.h"
#include "server/config/overlay_keys.h"

namespace nbdroot::server::config {
namespace {

using Action = Options::Action;
using Value = const std::string&;

ExportConfig& image(Options& options) { return options.config.exports.front(); }

Result<std::string> not_empty(const char* option, Value value) {
    if (value.empty()) return fail("option", option, "empty");
    return value;
}

Result<void> set_read_only(Options& options, Value) {
    image(options).read_only = true;
    return {};
}

Result<void> set_shared(Options& options, Value) {
    image(options).shared = true;
    return {};
}

Result<void> set_image_id(Options& options, Value value) {
    image(options).image_id = NBDROOT_TRY(parse_image_id(value));
    return {};
}

template <Result<void> (*kSet)(OverlayConfig&, Value)>
Result<void> set_overlay(Options& options, Value value) {
    return kSet(image(options).overlay, value);
}

Result<void> set_allow(Options& options, Value value) {
    image(options).allow = NBDROOT_TRY(parse_allow_list(value));
    return {};
}

Result<void> set_allow_file(Options& options, Value value) {
    image(options).allow_file = NBDROOT_TRY(not_empty("--allow-file", value));
    return {};
}

Result<void> set_export_maximum(Options& options, Value value) {
    image(options).maximum_connections = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_maximum(Options& options, Value value) {
    options.config.maximum_connections = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_address_maximum(Options& options, Value value) {
    options.config.maximum_connections_per_address = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> add_address(Options& options, Value value) {
    options.config.listen.push_back(NBDROOT_TRY(parse_endpoint(value)));
    return {};
}

Result<void> add_socket(Options& options, Value value) {
    options.config.unix_sockets.push_back(NBDROOT_TRY(parse_socket_path(value)));
    return {};
}

Result<void> set_standard_input(Options& options, Value) {
    options.config.standard_input = true;
    return {};
}

Result<void> set_no_list(Options& options, Value) {
    options.config.lists_exports = false;
    return {};
}

Result<void> set_config_file(Options& options, Value value) {
    options.config_file = value;
    return {};
}

Result<void> set_user(Options& options, Value value) {
    options.config.user = NBDROOT_TRY(not_empty("--user", value));
    return {};
}

Result<void> set_group(Options& options, Value value) {
    options.config.group = NBDROOT_TRY(not_empty("--group", value));
    return {};
}

Result<void> set_state_directory(Options& options, Value value) {
    options.config.state_directory = NBDROOT_TRY(not_empty("--state-directory", value));
    return {};
}

Result<void> set_control_socket(Options& options, Value value) {
    options.config.control_socket = NBDROOT_TRY(parse_socket_path(value));
    return {};
}

Result<void> set_metrics(Options& options, Value value) {
    options.config.metrics = NBDROOT_TRY(parse_endpoint(value));
    return {};
}

Result<void> set_log_level(Options& options, Value value) {
    constexpr std::pair<std::string_view, Level> levels[] = {{"error", Level::error},
                                                             {"warning", Level::warning},
                                                             {"info", Level::info},
                                                             {"debug", Level::debug}};
    for (const auto& [name, level] : levels) {
        if (value == name) {
            options.log_level = level;
            return {};
        }
    }
    return fail("option", "--log-level",
                cat("'", base::printable(value), "' is not error, warning, info or debug"));
}

Result<void> do_nothing(Options&, Value) { return {}; }

template <Action kAction>
Result<void> set_action(Options& options, Value) {
    options.action = kAction;
    return {};
}

constexpr std::array kWhat{
    Option{"--read-only", "-r", "", "readonly = true", "nobody may write to the image",
           set_read_only},
    Option{"--shared", "", "", "shared = true", "any number of clients may write at the same time",
           set_shared},
    Option{"--image-id", "", "ID", "image-id = ID",
           "what tells this image from others, for servers with copies", set_image_id},
    Option{"--config", "-c", "FILE", "",
           "take addresses and exports from FILE, nbd-rootserver.ini(5)", set_config_file},
};

constexpr std::array kOverlays{
    Option{"--overlay", "", "KIND", "overlay = KIND",
           "each machine writes to an overlay of its own: none (default),\n"
           "temporary (until its next boot) or persistent",
           set_overlay<set_overlay_kind>},
    Option{"--identity", "", "WHAT", "identity = WHAT",
           "tells machines apart: export-suffix, they ask for IMAGE/NAME\n(default), or address",
           set_overlay<set_machine_identity>},
    Option{"--machine-pattern", "", "REGEX", "machine-pattern = REGEX",
           "what names of machines look like", set_overlay<set_machine_pattern>},
    Option{"--max-overlays", "", "N", "max-overlays = N",
           "overlays there may be, further machines are refused;\ndefault 4096",
           set_overlay<set_maximum_overlays>},
    Option{"--overlay-linger", "", "TIME", "overlay-linger = TIME",
           "a temporary overlay is kept so long after its last\nconnection, in s, m, h or d; "
           "default 1d",
           set_overlay<set_overlay_linger>},
    Option{"--overlay-quota", "", "SIZE", "overlay-quota = SIZE",
           "what an overlay may hold, in K, M, G or T; default: no limit",
           set_overlay<set_overlay_quota>},
    Option{"--quota-full", "", "WHAT", "quota-full = WHAT",
           "what happens then: hold, its writes wait (default), or error",
           set_overlay<set_quota_full>},
    Option{"--overlay-directory", "", "DIRECTORY", "overlay-directory = DIRECTORY",
           "where overlays lie; default: overlays in the state directory",
           set_overlay<set_overlay_directory>},
};

constexpr std::array kWhere{
    Option{"--listen", "", "[ADDRESS:]PORT", "listenaddr = ADDRESS",
           "listen here too; may be repeated", add_address},
    Option{"--unix", "", "PATH", "unixsock = PATH", "listen on a unix socket; may be repeated",
           add_socket},
    Option{"--stdio", "", "", "", "serve one client, whose socket is standard input, then exit",
           set_standard_input},
};

constexpr std::array kWho{
    Option{"--allow", "", "NETWORK[,NETWORK]", "allow = NETWORK",
           "let in only clients from there, as in 10.0.0.0/8,fd00::7", set_allow},
    Option{"--allow-file", "-l", "FILE", "authfile = FILE",
           "let in only clients from what FILE has, one a line", set_allow_file},
    Option{"--max-connections", "", "N", "max-connections = N",
           "clients at the same time, further ones wait; default 4096", set_maximum},
    Option{"--address-max-connections", "", "N", "address-max-connections = N",
           "connections from one address, further ones are closed;\n"
           "default 1024",
           set_address_maximum},
    Option{"--export-max-connections", "-M", "N", "export-max-connections = N",
           "clients of the image, further ones are refused", set_export_maximum},
    Option{"--no-list", "", "", "allowlist = false", "tell nobody the names of what is served",
           set_no_list},
};

constexpr std::array kProcess{
    Option{"--user", "", "NAME", "user = NAME", "become this user once everything is open",
           set_user},
    Option{"--group", "", "NAME", "group = NAME", "the same for the group; default: the user's",
           set_group},
    Option{"--state-directory", "", "DIRECTORY", "state-directory = DIRECTORY",
           "remembers which boots were displaced; default\n/var/lib/nbd-rootserver, where that "
           "exists",
           set_state_directory},
    Option{"--control-socket", "", "PATH", "control-socket = PATH",
           "where nbd-rootserverctl asks; default\n/run/nbd-rootserver/control",
           set_control_socket},
    Option{"--metrics", "", "[ADDRESS:]PORT", "metrics = ADDRESS:PORT",
           "counters for Prometheus, over HTTP", set_metrics},
    Option{"--foreground", "-n", "", "", "stay in the foreground (this is the default)",
           do_nothing},
    Option{"--log-level", "", "LEVEL", "", "error, warning, info (default) or debug",
           set_log_level},
    Option{"--check", "", "", "", "open everything, print what would be served, exit",
           set_action<Action::check>},
    Option{"--help", "-h", "", "", "this text", set_action<Action::help>},
    Option{"--version", "-V", "", "", "the version", set_action<Action::version>},
};

constexpr std::array kGroups{
    OptionGroup{"What is served", kWhat}, OptionGroup{"What machines write", kOverlays},
    OptionGroup{"Where", kWhere},         OptionGroup{"To whom", kWho},
    OptionGroup{"The process", kProcess},
};

// nbd-server's names for the same.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"-C", "--config"},
    {"--config-file", "--config"},
    {"-d", "--foreground"},
    {"--dont-fork", "--foreground"},
    {"--nodaemon", "--foreground"},
    {"--authorize-file", "--allow-file"},
};

constexpr std::string_view kOneFile =
    "an image is one file or block device: join the files into one";
constexpr std::string_view kNoPidFile =
    "no such file is needed: the server stays in the foreground, whoever starts it knows its pid";
constexpr std::string_view kCheckInstead = "--check prints what would be served";

constexpr std::pair<std::string_view, std::string_view> kForeign[] = {
    {"--copy-on-write", kCopyOnWriteHint},
    {"-m", kOneFile},
    {"--multi-file", kOneFile},
    {"-p", kNoPidFile},
    {"--pid-file", kNoPidFile},
    {"-o", kCheckInstead},
    {"--output-config", kCheckInstead},
};

}  // namespace

std::span<const OptionGroup> option_groups() { return kGroups; }

const Option* find_option(std::string_view name) {
    for (const auto& [alias, own] : kAliases) {
        if (name == alias) name = own;
    }
    for (const OptionGroup& group : kGroups) {
        for (const Option& option : group.options) {
            const bool is_short = !option.short_name.empty() && name == option.short_name;
            if (is_short || name == option.long_name) return &option;
        }
    }
    return nullptr;
}

std::string_view explain_foreign_option(std::string_view name) {
    for (const auto& [foreign, reason] : kForeign) {
        if (name == foreign) return reason;
    }
    return {};
}

}  // namespace nbdroot::server::config
