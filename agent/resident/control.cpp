#include "agent/resident/control.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/sys/stream.h"
#include "lib/sys/unix_listener.h"

namespace nbdroot::agent::resident {
namespace {

constexpr std::size_t kMostClients = 8;  // more wait in the backlog
constexpr Duration kClientLimit{5'000};  // from connecting to the last byte of the answer
constexpr Duration kPause{1'000};
constexpr const char* kName = "control socket";

}  // namespace

Control::Control(io::Loop& loop, int listener, Answer answer)
    : loop_(loop),
      listener_(listener),
      answer_(std::move(answer)),
      again_(loop.timer([this] { listen(); })) {
    listen();
}

void Control::listen() {
    auto watch =
        loop_.watch(listener_, {.readable = true}, [this](io::Ready) { accept_waiting(); });
    if (watch) watch_ = std::move(*watch);
}

// No descriptors, no memory: the clients wait in the backlog meanwhile.
void Control::pause() {
    watch_.reset();
    again_->arm(loop_.now() + kPause);
}

void Control::accept_waiting() {
    // The oldest makes room: one that says nothing keeps nobody out.
    if (clients_.size() >= kMostClients) clients_.pop_front();
    auto accepted = sys::accept_unix(listener_);
    if (!accepted) return pause();
    if (!*accepted) return;
    const auto client = clients_.emplace(clients_.end());
    client->fd = std::move(**accepted);
    client->deadline = loop_.timer([this, client] { clients_.erase(client); });
    client->deadline->arm(loop_.now() + kClientLimit);
    auto watch = loop_.watch(client->fd.get(), {.readable = true}, [this, client](io::Ready) {
        client->answer.empty() ? read(client) : write(client);
    });
    if (!watch) {
        clients_.erase(client);
        return;
    }
    client->watch = std::move(*watch);
}

void Control::read(Place client) {
    std::array<std::byte, kLongestRequest + 1> buffer;
    const auto moved = sys::receive_some(client->fd.get(), buffer, kName);
    if (moved && !*moved) return;
    const std::size_t count = moved ? **moved : 0;
    client->request += base::as_text(ByteView(buffer).first(count));
    std::size_t end = client->request.find('\n');
    if (end == std::string::npos && client->request.size() > kLongestRequest) {
        end = client->request.size();
    }
    if (end == std::string::npos) {
        if (count == 0) clients_.erase(client);
        return;
    }
    const std::string line = client->request.substr(0, std::min(end, kLongestRequest + 1));
    client->request.clear();
    auto text = answer_(line);
    if (!text || text->empty()) {
        if (text || count == 0) clients_.erase(client);
        return;
    }
    client->answer = std::move(*text);
    write(client);
}

// A client that is gone, or reads nothing, needs no answer.
void Control::write(Place client) {
    const auto moved = sys::send_some(client->fd.get(), base::as_bytes(client->answer), kName);
    if (moved && *moved) client->answer.erase(0, **moved);
    if (!moved || client->answer.empty()) {
        clients_.erase(client);
        return;
    }
    client->watch->set_interest({.writable = true});
}

}  // namespace nbdroot::agent::resident
