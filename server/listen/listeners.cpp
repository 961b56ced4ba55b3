#include "server/listen/listeners.h"

#include <sys/socket.h>

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/passed_socket.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::server::listen {
namespace {

// Clients of the owner and its group; who else may come is for the group to say.
constexpr sys::UnixService kUnixService{.mode = 0660, .backlog = SOMAXCONN};

}  // namespace

Result<void> Listeners::open(const config::Config& wanted,
                             const std::optional<sys::Account>& owner) {
    auto passed = NBDROOT_TRY(sys::take_passed_listeners());
    if (passed) {
        for (sys::Fd& socket : *passed) {
            NBDROOT_CHECK(add(std::move(socket)));
            log_.info(cat("listens on ", acceptors_.back()->where(),
                          ", which was passed to it; configured addresses are not used"));
        }
        return {};
    }
    for (const config::Endpoint& endpoint : wanted.listen) {
        sys::Fd socket = NBDROOT_TRY(sys::listen_tcp(endpoint.ip, endpoint.port));
        NBDROOT_CHECK(add(std::move(socket)));
    }
    for (const std::string& path : wanted.unix_sockets) NBDROOT_CHECK(open_unix(path, owner));
    return {};
}

Result<void> Listeners::add(sys::Fd socket) {
    acceptors_.push_back(NBDROOT_TRY(Acceptor::serve(loop_, std::move(socket), log_, on_client_)));
    return {};
}

Result<void> Listeners::open_unix(const std::string& path,
                                  const std::optional<sys::Account>& owner) {
    if (sys::is_other_file(path)) return fail("listen", path, "is there, and is no socket");
    if (sys::is_unix_alive(path)) return fail("listen", path, "another server listens there");
    sys::Fd socket = NBDROOT_TRY(sys::listen_unix(path, kUnixService));
    unix_sockets_.push_back({.path = path, .number = sys::file_number(path)});
    if (owner) NBDROOT_CHECK(sys::give_file(path, owner->user, owner->group));
    return add(std::move(socket));
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
        if (one.number && sys::file_number(one.path) == one.number) sys::remove_file(one.path);
    }
    unix_sockets_.clear();
}

}  // namespace nbdroot::server::listen
