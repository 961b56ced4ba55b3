#include "server/listen/inheritance.h"

#include <utility>

#include "lib/sys/listener.h"

namespace nbdroot::server::listen {
namespace {

constexpr std::size_t kAll = SIZE_MAX;

std::optional<sys::Fd> only(std::vector<sys::Fd> sockets) {
    if (sockets.empty()) return std::nullopt;
    return std::move(sockets.front());
}

}  // namespace

Result<Inheritance> Inheritance::take() {
    return Inheritance(NBDROOT_TRY(sys::take_passed_listeners()));
}

template <class Wanted>
std::vector<sys::Fd> Inheritance::take_if(const Wanted& wanted, std::size_t most) {
    std::vector<sys::Fd> taken;
    std::vector<sys::PassedListener> left;
    for (sys::PassedListener& one : passed_.sockets) {
        if (taken.size() < most && wanted(one)) {
            taken.push_back(std::move(one.fd));
        } else {
            left.push_back(std::move(one));
        }
    }
    passed_.sockets = std::move(left);
    return taken;
}

std::vector<sys::Fd> Inheritance::take_activated() {
    return take_if(
        [](const auto& one) { return one.name != kClientSocket && one.name != kControlSocket; },
        kAll);
}

std::optional<sys::Fd> Inheritance::take(const config::Endpoint& endpoint) {
    return only(take_if(
        [&](const auto& one) {
            return one.name == kClientSocket &&
                   sys::is_listener_of(one.fd.get(), endpoint.ip, endpoint.port);
        },
        1));
}

std::optional<sys::Fd> Inheritance::take(const char* name, const std::string& path) {
    return only(take_if(
        [&](const auto& one) {
            return one.name == name && sys::is_listener_of(one.fd.get(), path);
        },
        1));
}

bool Inheritance::give_up(std::uint16_t port) {
    const auto given_up = take_if(
        [&](const auto& one) {
            return one.name == kClientSocket && sys::local_port(one.fd.get()) == port;
        },
        kAll);
    return !given_up.empty();
}

std::vector<sys::Fd> Inheritance::take_rest(const char* name) {
    return take_if([&](const auto& one) { return one.name == name; }, kAll);
}

}  // namespace nbdroot::server::listen
