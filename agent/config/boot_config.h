// What the kernel command line (and the initramfs's own defaults) ask for: one immutable value,
// parsed once, passed down. Grammar: docs/man/nbdroot-cmdline.7.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/mac.h"
#include "lib/base/time.h"

namespace nbdroot::agent::config {

// One element of nbdroot=.
struct Target {
    enum class Kind {
        server,  // host, port and export are given
        dhcp,    // whatever DHCP's root-path (option 17) says
    };
    Kind kind = Kind::server;
    std::string
        host{};  // IPv4 literal, IPv6 literal without brackets (may carry %scope), or a name
    std::uint16_t port = 10809;
    // %-decoded; empty: the default export. A template (agent/config/expand.h): %m %h %u %s %i
    // stand for this machine, %% for a percent sign.
    std::string export_name{};

    bool operator==(const Target&) const = default;
};

enum class AttachMode { automatic, netlink, ioctl };
enum class FailAction { shell, reboot, poweroff };

// The phases of the boot record that a boot can be stopped in front of.
inline constexpr std::array<std::string_view, 6> kBreakPhases = {
    "modules", "network", "connect", "attach", "mount", "switch_root"};

// nbdroot.lost=
struct LostPolicy {
    enum class Action { wait, reboot, error };
    Action action = Action::wait;
    std::uint32_t seconds = 0;  // of reboot and error

    bool operator==(const LostPolicy&) const = default;
};

// nbdroot.overlay=
struct OverlayConfig {
    bool tmpfs = false;
    std::string size;  // as tmpfs takes it ("512M", "50%"); empty: the kernel's default

    bool operator==(const OverlayConfig&) const = default;
};

// An IPv4 address and its prefix length, for example 10.0.2.15/24.
struct Ipv4Prefix {
    std::uint32_t address = 0;  // host byte order
    std::uint8_t length_bits = 32;

    bool operator==(const Ipv4Prefix&) const = default;
};

// One ip= parameter, in either the kernel's or dracut's form. Addresses are in host byte order.
struct InterfaceConfig {
    enum class Method { dhcp, fixed, none };
    Method method = Method::dhcp;
    std::string device;                 // interface name; empty: any
    std::optional<Ipv4Prefix> address;  // of fixed
    std::optional<std::uint32_t> gateway;
    // The second field: the kernel's server, and dracut's peer where it can be meant so.
    std::optional<std::uint32_t> server;
    std::optional<std::uint32_t> peer;  // the other end of a link of two, which has the address
    std::string host_name;
    std::vector<std::uint32_t> name_servers;
    std::vector<std::uint32_t> time_servers;
    std::optional<std::uint32_t> mtu_bytes;
    std::optional<Mac> mac;  // to be set before the interface is set up
    std::string client_id;   // DHCP option 61, raw bytes; empty: none

    bool operator==(const InterfaceConfig&) const = default;
};

// One rd.route= parameter.
struct StaticRoute {
    Ipv4Prefix destination;                // of a network: no bits behind the prefix
    std::optional<std::uint32_t> gateway;  // host byte order; nullopt: on the link
    std::string device;                    // empty: the interface that reaches the gateway

    bool operator==(const StaticRoute&) const = default;
};

// One ifname= parameter: the interface with this MAC gets this name.
struct NamedInterface {
    std::string name;
    Mac mac{};

    bool operator==(const NamedInterface&) const = default;
};

struct NetworkConfig {
    std::vector<InterfaceConfig> interfaces;  // empty: DHCP on every interface with a carrier
    std::string boot_mac;                     // of BOOTIF=, "52:54:00:12:34:56"; empty: none
    std::string boot_device = {};             // bootdev=: only this one can be the boot's
    std::vector<std::uint32_t> name_servers;  // of nameserver=, host byte order
    std::vector<StaticRoute> routes = {};     // rd.route=
    std::vector<NamedInterface> names = {};   // ifname=
    bool peer_dns = true;                     // name servers that DHCP gives are used (rd.peerdns=)
    bool arp_check = false;  // nbdroot.arp-check=: look for others with a leased address

    bool operator==(const NetworkConfig&) const = default;
};

struct RootConfig {
    std::string device;                       // root=; empty: the whole NBD device
    std::string file_system;                  // rootfstype=; empty: find out
    std::string flags;                        // rootflags=
    bool read_only = true;                    // the last of ro and rw; ro where neither is given
    std::string init = "/sbin/init";          // init=
    bool init_given = false;                  // init= was there: no other program is tried
    std::vector<std::string> init_arguments;  // what the kernel would hand to init
    Duration delay{0};                        // rootdelay=

    bool operator==(const RootConfig&) const = default;
};

struct BootConfig {
    std::vector<Target> targets;  // in order of preference, at least one
    AttachMode attach = AttachMode::automatic;
    std::string device = "nbd0";        // without /dev/
    std::uint32_t timeout_seconds = 0;  // 0: never
    LostPolicy lost;
    std::uint32_t boot_timeout_seconds = 0;        // 0: for ever
    std::uint32_t shutdown_timeout_seconds = 120;  // 0: for ever
    std::optional<FailAction> fail;                // nbdroot.fail=; nullopt: not given
    std::optional<std::int32_t> panic_seconds;     // panic=: reboot that long after a failure
    std::vector<std::string> break_before;         // nbdroot.break=: names of kBreakPhases
    OverlayConfig overlay;
    bool relay = false;
    bool failover_writable = false;
    base::Level log_level = base::Level::info;
    bool quiet = false;  // the kernel's word
    NetworkConfig network;
    RootConfig root;
    std::vector<std::string> notes;  // what was read but has no effect, or was mended; to be logged

    bool operator==(const BootConfig&) const = default;
};

}  // namespace nbdroot::agent::config
