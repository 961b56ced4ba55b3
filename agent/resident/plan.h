// What the resident processes are given when they start: values, and what must survive a session
// process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/attach/device.h"
#include "agent/attach/identity.h"
#include "agent/attach/negotiate.h"
#include "agent/config/boot_config.h"
#include "agent/network/held_lease.h"
#include "agent/network/kept.h"
#include "lib/base/time.h"
#include "lib/sys/directory.h"
#include "lib/sys/fd.h"
#include "lib/sys/netlink_socket.h"
#include "lib/sys/shared_memory.h"

namespace nbdroot::agent::resident {

struct Plan {
    std::vector<attach::Server> servers = {};  // that may be used, in order of preference
    std::vector<attach::Server> barred = {};   // that this boot was given too, and may not use
    std::size_t connected_to = 0;              // index of the server of the first connection
    attach::Identity identity;                 // what each further connection must offer
    std::string server_software = {};          // of the first connection; empty: not told
    std::string device;                        // "nbd0"
    std::uint32_t device_index = 0;
    std::string backend_identifier;  // of the netlink connect, and:
    std::uint64_t dead_connection_timeout_seconds = 0;
    bool by_netlink = true;
    bool is_relayed = false;
    pid_t runner = -1;                  // by ioctl: the process in NBD_DO_IT
    std::uint32_t timeout_seconds = 0;  // nbdroot.timeout=; 0: none
    config::LostPolicy lost;
    std::uint32_t shutdown_timeout_seconds = 120;  // 0: never
    std::optional<Instant> give_up_at;             // nbdroot.boot-timeout=
    bool has_overlay = false;                      // nbdroot.overlay=
    network::Kept network;
    std::optional<network::HeldLease> lease = {};  // of its address
};

struct PlanSources {
    const config::BootConfig& config;
    // In order of preference; of those with the connection's target it is the first.
    const std::vector<attach::Server>& servers;
    const attach::Connection& connection;  // to one of them
    const attach::Device& device;
    pid_t runner = -1;
    std::optional<Instant> give_up_at;
    network::Kept network;
    std::optional<network::HeldLease> lease = {};
};
// How long a request waits for a new connection: for ever, or as nbdroot.lost=error says.
[[nodiscard]] std::uint64_t dead_connection_timeout_seconds(const config::BootConfig& config);

// A writable device stays with its server unless nbdroot.failover=rw: another server's copy would
// lack what this one has acknowledged.
[[nodiscard]] Plan make_plan(const PlanSources& sources);

// The guardian has it from the start; every session process inherits it.
struct Held {
    // The first connection. Not relayed: a duplicate of the socket that the device uses, replaced
    // with each reconnect.
    sys::Fd connection;
    sys::Fd kernel;                          // relayed: our end of the device's socketpair
    sys::SharedMemory notes;                 // of Notes::kBytes
    sys::SharedMemory events;                // of EventRing::kBytes
    sys::SharedMemory lease;                 // of LeaseNote::kBytes
    sys::SharedMemory store;                 // relayed: of kRelayMemoryBytes (relay_store.h)
    std::optional<sys::NetlinkSocket> news;  // not relayed: of dead connections
    sys::Fd control;                         // listens; empty: none
    sys::Fd boot;                            // its stream ends when the boot is over
    std::optional<sys::Directory> run;       // /run/nbdroot
    std::optional<sys::Directory> block;     // /sys/block/nbdN
};

}  // namespace nbdroot::agent::resident
