#include "server/listen/listeners.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/service_manager.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::server::listen {
namespace {

// Clients of the owner and its group; who else may come is for the group to say.
constexpr sys::UnixService kUnixService{.mode = 0660, .backlog = SOMAXCONN};

// An address for all and one for one address exclude each other: what was inherited for the port
// makes room for what is wanted there now.
Result<sys::Fd> listen_at(const config::Endpoint& endpoint, Inheritance& inherited) {
    auto socket = sys::listen_tcp(endpoint.ip, endpoint.port);
    if (socket || socket.error().code != EADDRINUSE) return socket;
    if (!inherited.give_up(endpoint.port)) return socket;
    return sys::listen_tcp(endpoint.ip, endpoint.port);
}

// In the order of WANTED. Whoever wants just any port comes last.
std::vector<std::optional<sys::Fd>> take_endpoints(const std::vector<config::Endpoint>& wanted,
                                                   Inheritance& inherited) {
    std::vector<std::optional<sys::Fd>> sockets(wanted.size());
    for (const bool any_port : {false, true}) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if ((wanted[i].port == 0) == any_port) sockets[i] = inherited.take(wanted[i]);
        }
    }
    return sockets;
}

std::string where_of(const sys::Fd& socket) {
    return sys::local_endpoint(socket.get()).value_or("a socket");
}

}  // namespace

Result<void> Listeners::open(const config::Config& wanted, const Owner& owner,
                             Inheritance& inherited) {
    auto activated = inherited.take_activated();
    if (activated.empty()) {
        NBDROOT_CHECK(open_configured(wanted, owner, inherited));
    } else {
        NBDROOT_CHECK(take_activated(std::move(activated)));
    }
    close_rest(inherited);
    store();
    return {};
}

Result<void> Listeners::take_activated(std::vector<sys::Fd> sockets) {
    activated_ = true;
    for (sys::Fd& socket : sockets) {
        NBDROOT_CHECK(add(std::move(socket)));
        log_.info(cat("listens on ", acceptors_.back()->where(),
                      ", which was passed to it; configured addresses are not used"));
    }
    return {};
}

Result<void> Listeners::open_configured(const config::Config& wanted, const Owner& owner,
                                        Inheritance& inherited) {
    bool lacks_one = false;
    // What cannot be had ends a start, and no server that has served until now.
    const auto judge = [&](const Result<void>& result) -> Result<void> {
        if (result || !inherited.from_predecessor()) return result;
        lacks_one = true;
        log_.error(result.error().message() + "; the server goes on without it");
        return {};
    };
    auto sockets = take_endpoints(wanted.listen, inherited);
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        auto socket = sockets[i] ? Result<sys::Fd>(std::move(*sockets[i]))
                                 : listen_at(wanted.listen[i], inherited);
        NBDROOT_CHECK(judge(socket ? add(std::move(*socket)) : tl::unexpected(socket.error())));
    }
    for (const std::string& path : wanted.unix_sockets) {
        NBDROOT_CHECK(judge(open_unix(path, owner, inherited)));
    }
    return lacks_one ? keep_rest(inherited) : Result<void>();
}

// Rather a place that is not wanted than none.
Result<void> Listeners::keep_rest(Inheritance& inherited) {
    for (sys::Fd& socket : inherited.take_rest(kClientSocket)) {
        log_.warning(cat("goes on listening on ", where_of(socket),
                         ", which is not configured any more, until it is started anew"));
        NBDROOT_CHECK(add(std::move(socket)));
    }
    return {};
}

void Listeners::close_rest(Inheritance& inherited) const {
    constexpr std::string_view kUnix = "unix:";
    for (const sys::Fd& socket : inherited.take_rest(kClientSocket)) {
        const std::string where = where_of(socket);
        log_.info(cat("listens on ", where, " no longer"));
        if (!where.starts_with(kUnix)) continue;
        const std::string path = where.substr(kUnix.size());
        const bool is_ours = std::any_of(unix_sockets_.begin(), unix_sockets_.end(),
                                         [&](const UnixSocket& one) { return one.path == path; });
        if (!is_ours && sys::is_listener_of(socket.get(), path)) sys::remove_file(path);
    }
}

Result<void> Listeners::add(sys::Fd socket) {
    acceptors_.push_back(NBDROOT_TRY(Acceptor::serve(loop_, std::move(socket), log_, on_client_)));
    return {};
}

Result<void> Listeners::open_unix(const std::string& path, const Owner& owner,
                                  Inheritance& inherited) {
    auto taken = inherited.take(kClientSocket, path);
    if (taken) {
        unix_sockets_.push_back({.path = path, .number = sys::file_number(path)});
        return add(std::move(*taken));
    }
    if (sys::is_other_file(path)) return fail("listen", path, "is there, and is no socket");
    if (sys::is_unix_alive(path)) return fail("listen", path, "another server listens there");
    sys::Fd socket = NBDROOT_TRY(sys::listen_unix(path, kUnixService));
    unix_sockets_.push_back({.path = path, .number = sys::file_number(path)});
    if (owner) NBDROOT_CHECK(sys::give_file(path, owner->user, owner->group));
    return add(std::move(socket));
}

// Those of socket activation it has anyway.
void Listeners::store() {
    if (activated_) return;
    sys::forget_stored(kClientSocket);
    for (const auto& acceptor : acceptors_) {
        stored_ = sys::store_descriptor(acceptor->descriptor(), kClientSocket);
    }
}

std::vector<sys::Legacy> Listeners::legacies() const {
    std::vector<sys::Legacy> legacies;
    const char* const name = activated_ ? kActivatedSocket : kClientSocket;
    for (const auto& acceptor : acceptors_) {
        legacies.push_back({.fd = acceptor->descriptor(), .name = name});
    }
    return legacies;
}

std::string Listeners::where() const {
    std::string text;
    for (const auto& acceptor : acceptors_) {
        text += cat(text.empty() ? "" : " and ", acceptor->where());
    }
    return text;
}

std::uint64_t Listeners::pauses() const {
    std::uint64_t sum = 0;
    for (const auto& acceptor : acceptors_) sum += acceptor->pauses();
    return sum;
}

void Listeners::retry() {
    for (const auto& acceptor : acceptors_) acceptor->retry();
}

void Listeners::hold() {
    for (const auto& acceptor : acceptors_) acceptor->hold();
}

void Listeners::release() {
    for (const auto& acceptor : acceptors_) acceptor->release();
}

void Listeners::close() {
    acceptors_.clear();
    for (const UnixSocket& one : unix_sockets_) {
        if (stored_) continue;  // clients wait there for the next server
        if (one.number && sys::file_number(one.path) == one.number) sys::remove_file(one.path);
    }
    unix_sockets_.clear();
}

}  // namespace nbdroot::server::listen
