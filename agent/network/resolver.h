// A host name to its addresses, by DNS: protocol::dns::Lookup driven by UDP sockets and a timer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/protocol/dns/lookup.h"
#include "lib/sys/socket_address.h"
#include "lib/sys/udp_socket.h"

namespace nbdroot::agent::network {

struct ResolverOptions {
    std::vector<std::uint32_t> servers;    // those beyond protocol::dns::kServersAsked are left out
    std::vector<std::string> search = {};  // domains that a name without a dot is looked for in
    std::string interface_name = {};       // ask through it alone; empty: as the routes say
    std::uint16_t port = 0;                // of the addresses that come back
    bool wants_ipv6 = false;               // IPv6 addresses too where the name has IPv4 ones
    std::uint16_t server_port = 53;
};

// One lookup; destroying it calls it off.
class Resolver {
public:
    using Addresses = std::vector<sys::SocketAddress>;  // one at least; IPv4 first
    using Done = std::function<void(Result<Addresses>)>;

    // HOST may be an address literal, which is its own answer. DONE is called once, from LOOP and
    // never from here, within 5 s; it may destroy the Resolver. An Error is for one line:
    // "resolve boot.example.org: no such name (asked 10.0.0.1, 10.0.0.2)".
    Resolver(io::Loop& loop, ResolverOptions options, std::string host, Done done);

    // Registered with the loop by address.
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver() = default;

private:
    struct Asked {
        std::optional<sys::UdpSocket> socket;
        std::unique_ptr<io::Watch> watch;  // from the first question on
    };

    void on_timer();
    void on_readable(std::size_t server);
    // Sends what the lookup has to send and sets the timer; calls DONE where there is an outcome.
    void advance();
    [[nodiscard]] Result<void> send(const protocol::dns::Lookup::Outgoing& outgoing);
    [[nodiscard]] Result<void> open_socket(std::size_t server);
    [[nodiscard]] Result<Addresses> result() const;

    io::Loop& loop_;
    ResolverOptions options_;
    std::string host_;
    Done done_;
    protocol::dns::Lookup lookup_;
    std::vector<Asked> asked_;  // as many as there are servers
    std::unique_ptr<io::Timer> timer_;
    bool has_begun_ = false;
};

}  // namespace nbdroot::agent::network
