// A BootConfig as JSON: keys are those of nbdroot-cmdline(7) where there is one.
#include "lib/base/json.h"

#include "agent/config/parse.h"
#include "lib/base/ipv4.h"

namespace nbdroot::agent::config {
namespace {

using base::JsonWriter;

std::string_view name_of(AttachMode mode) {
    switch (mode) {
        case AttachMode::automatic:
            return "auto";
        case AttachMode::netlink:
            return "netlink";
        case AttachMode::ioctl:
            return "ioctl";
    }
    return "";
}

std::string_view name_of(FailAction action) {
    switch (action) {
        case FailAction::shell:
            return "shell";
        case FailAction::reboot:
            return "reboot";
        case FailAction::poweroff:
            return "poweroff";
    }
    return "";
}

std::string_view name_of(LostPolicy::Action action) {
    switch (action) {
        case LostPolicy::Action::wait:
            return "wait";
        case LostPolicy::Action::reboot:
            return "reboot";
        case LostPolicy::Action::error:
            return "error";
    }
    return "";
}

std::string_view name_of(InterfaceConfig::Method method) {
    switch (method) {
        case InterfaceConfig::Method::dhcp:
            return "dhcp";
        case InterfaceConfig::Method::fixed:
            return "fixed";
        case InterfaceConfig::Method::none:
            return "none";
    }
    return "";
}

std::string_view name_of(base::Level level) {
    switch (level) {
        case base::Level::error:
            return "error";
        case base::Level::warning:
            return "warning";
        case base::Level::info:
            return "info";
        case base::Level::debug:
            return "debug";
    }
    return "";
}

std::string hexadecimal(std::string_view bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

void write_target(JsonWriter& json, const Target& target) {
    json.begin_object();
    if (target.kind == Target::Kind::dhcp) {
        json.member("kind", "dhcp");
    } else {
        json.member("kind", "server");
        json.member("host", target.host);
        json.member("port", target.port);
        json.member("export", target.export_name);
    }
    json.end_object();
}

void write_address(JsonWriter& json, std::string_view name,
                   const std::optional<std::uint32_t>& address) {
    json.key(name);
    if (address) {
        json.value(base::format_ipv4(*address));
    } else {
        json.null();
    }
}

void write_addresses(JsonWriter& json, std::string_view name,
                     const std::vector<std::uint32_t>& addresses) {
    json.key(name);
    json.begin_array();
    for (const std::uint32_t address : addresses) json.value(base::format_ipv4(address));
    json.end_array();
}

void write_strings(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name);
    json.begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
}

std::string prefix_text(const Ipv4Prefix& prefix) {
    return cat(base::format_ipv4(prefix.address), '/', prefix.length_bits);
}

void write_interface(JsonWriter& json, const InterfaceConfig& interface) {
    json.begin_object();
    json.member("method", name_of(interface.method));
    json.member("device", interface.device);
    json.key("address");
    if (interface.address) {
        json.value(prefix_text(*interface.address));
    } else {
        json.null();
    }
    write_address(json, "gateway", interface.gateway);
    write_address(json, "server", interface.server);
    write_address(json, "peer", interface.peer);
    json.member("host-name", interface.host_name);
    write_addresses(json, "name-servers", interface.name_servers);
    write_addresses(json, "time-servers", interface.time_servers);
    json.key("mtu");
    if (interface.mtu_bytes) {
        json.value(*interface.mtu_bytes);
    } else {
        json.null();
    }
    json.member("mac", interface.mac ? base::format_mac(*interface.mac) : std::string());
    json.member("client-id", hexadecimal(interface.client_id));
    json.end_object();
}

void write_route(JsonWriter& json, const StaticRoute& route) {
    json.begin_object();
    json.member("destination", prefix_text(route.destination));
    write_address(json, "gateway", route.gateway);
    json.member("device", route.device);
    json.end_object();
}

void write_name(JsonWriter& json, const NamedInterface& named) {
    json.begin_object();
    json.member("name", named.name);
    json.member("mac", base::format_mac(named.mac));
    json.end_object();
}

void write_network(JsonWriter& json, const NetworkConfig& network) {
    json.begin_object();
    json.key("interfaces");
    json.begin_array();
    for (const InterfaceConfig& interface : network.interfaces) write_interface(json, interface);
    json.end_array();
    json.member("boot-mac", network.boot_mac);
    json.member("boot-device", network.boot_device);
    write_addresses(json, "name-servers", network.name_servers);
    json.key("routes");
    json.begin_array();
    for (const StaticRoute& route : network.routes) write_route(json, route);
    json.end_array();
    json.key("names");
    json.begin_array();
    for (const NamedInterface& named : network.names) write_name(json, named);
    json.end_array();
    json.member("peer-dns", network.peer_dns);
    json.member("arp-check", network.arp_check);
    json.end_object();
}

void write_root(JsonWriter& json, const RootConfig& root) {
    json.begin_object();
    json.member("device", root.device);
    json.member("file-system", root.file_system);
    json.member("flags", root.flags);
    json.member("read-only", root.read_only);
    json.member("init", root.init);
    json.member("init-given", root.init_given);
    write_strings(json, "init-arguments", root.init_arguments);
    json.member("delay-ms", root.delay.count());
    json.end_object();
}

void write_options(JsonWriter& json, const BootConfig& config) {
    json.member("attach", name_of(config.attach));
    json.member("device", config.device);
    json.member("timeout", config.timeout_seconds);
    json.key("lost");
    json.begin_object();
    json.member("action", name_of(config.lost.action));
    json.member("seconds", config.lost.seconds);
    json.end_object();
    json.member("boot-timeout", config.boot_timeout_seconds);
    json.member("shutdown-timeout", config.shutdown_timeout_seconds);
    json.key("fail");
    if (config.fail) {
        json.value(name_of(*config.fail));
    } else {
        json.null();
    }
    write_strings(json, "break", config.break_before);
    json.key("overlay");
    json.begin_object();
    json.member("tmpfs", config.overlay.tmpfs);
    json.member("size", config.overlay.size);
    json.end_object();
    json.member("relay", config.relay);
    json.member("failover", config.failover_writable ? "rw" : "ro");
    json.member("log", name_of(config.log_level));
}

}  // namespace

std::string to_json(const BootConfig& config) {
    JsonWriter json;
    json.begin_object();
    json.key("targets");
    json.begin_array();
    for (const Target& target : config.targets) write_target(json, target);
    json.end_array();
    write_options(json, config);
    json.key("panic");
    if (config.panic_seconds) {
        json.value(*config.panic_seconds);
    } else {
        json.null();
    }
    json.member("quiet", config.quiet);
    json.key("network");
    write_network(json, config.network);
    json.key("root");
    write_root(json, config.root);
    write_strings(json, "notes", config.notes);
    json.end_object();
    return json.text() + '\n';
}

}  // namespace nbdroot::agent::config
