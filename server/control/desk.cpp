#include "server/control/desk.h"

#include <array>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/stream.h"
#include "lib/sys/unix_client.h"
#include "lib/sys/unix_listener.h"

namespace nbdroot::server::control {
namespace {

constexpr Duration kRetryPause = std::chrono::seconds(1);
constexpr const char* kName = "control socket";

}  // namespace

// reading ──line──► waiting ──answer──► telling ──all sent──► gone
struct Desk::Asker {
    enum class State { reading, waiting, telling };

    sys::Fd fd;
    State state = State::reading;
    std::string text{};    // the request, then the answer
    std::size_t sent = 0;  // of the answer
    std::unique_ptr<io::Timer> deadline{};
    std::unique_ptr<io::Watch> watch{};
};

Desk::Desk(io::Loop& loop, std::string path, Handler handler, Duration patience)
    : loop_(loop), path_(std::move(path)), handler_(std::move(handler)), patience_(patience) {}

Desk::~Desk() {
    // Fails where the server has given up the rights that made it: the next start replaces it.
    if (listener_) sys::remove_file(path_);
}

Result<std::unique_ptr<Desk>> Desk::open(io::Loop& loop, const std::string& path, Handler handler,
                                         Duration patience) {
    if (sys::is_unix_alive(path)) {
        return fail("listen", path, "another server answers there", EADDRINUSE);
    }
    if (sys::path_exists(path) && !sys::is_socket(path)) {
        return fail("listen", path, "is a file, and no socket that could be replaced", EEXIST);
    }
    std::unique_ptr<Desk> desk(new Desk(loop, path, std::move(handler), patience));
    sys::Fd listener = NBDROOT_TRY(sys::listen_unix(path));
    NBDROOT_CHECK(desk->serve(std::move(listener)));
    return desk;
}

Result<std::unique_ptr<Desk>> Desk::take_over(io::Loop& loop, const std::string& path,
                                              Handler handler, sys::Fd listener) {
    std::unique_ptr<Desk> desk(new Desk(loop, path, std::move(handler), kPatience));
    NBDROOT_CHECK(desk->serve(std::move(listener)));
    return desk;
}

Result<void> Desk::serve(sys::Fd listener) {
    listener_ = std::move(listener);
    again_ = loop_.timer([this] { update_wait(); });
    watch_ = NBDROOT_TRY(
        loop_.watch(listener_.get(), {.readable = true}, [this](io::Ready) { accept_waiting(); }));
    return {};
}

void Desk::hold() {
    held_ = true;
    update_wait();
}

void Desk::release() {
    held_ = false;
    update_wait();
}

void Desk::update_wait() {
    const bool room = !held_ && askers_.size() < kMostAskers;
    watch_->set_interest({.readable = room});
}

void Desk::accept_waiting() {
    auto accepted = sys::accept_unix(listener_.get());
    if (!accepted) {  // no descriptors, no memory: they wait in the backlog meanwhile
        watch_->set_interest({});
        return again_->arm(loop_.now() + kRetryPause);
    }
    if (!*accepted) return;
    const auto asker = std::make_shared<Asker>();
    asker->fd = std::move(**accepted);
    auto watch = loop_.watch(asker->fd.get(), {.readable = true},
                             [this, weak = std::weak_ptr(asker)](io::Ready ready) {
                                 const auto self = weak.lock();
                                 if (!self) return;
                                 if (ready.hung_up) return dismiss(self);
                                 if (ready.writable) return send(self);
                                 read(self);
                             });
    if (!watch) return;  // the same want; the asker sees its connection closed
    asker->watch = std::move(*watch);
    asker->deadline = loop_.timer([this, weak = std::weak_ptr(asker)] {
        if (const auto self = weak.lock()) dismiss(self);
    });
    asker->deadline->arm(loop_.now() + patience_);
    askers_.push_back(asker);
    update_wait();
}

void Desk::dismiss(const std::shared_ptr<Asker>& asker) {
    asker->watch.reset();
    askers_.remove(asker);
    update_wait();
}

void Desk::read(const std::shared_ptr<Asker>& asker) {
    std::array<std::byte, kLongestRequest> buffer;
    const auto moved = sys::receive_some(asker->fd.get(), buffer, kName);
    if (moved && !*moved) return;
    const std::size_t count = moved ? **moved : 0;
    asker->text += base::as_text(ByteView(buffer).first(count));
    const bool has_line = asker->text.find('\n') != std::string::npos;
    const bool ended = count == 0;
    if (ended && asker->text.empty()) return dismiss(asker);
    if (has_line || ended || asker->text.size() > kLongestRequest) take_line(asker);
}

void Desk::take_line(const std::shared_ptr<Asker>& asker) {
    const std::string line = asker->text.substr(0, asker->text.find('\n'));
    asker->text.clear();
    asker->state = Asker::State::waiting;
    asker->deadline->cancel();
    // A stream that ended in one direction may still want its answer; one that hung up does not.
    asker->watch->set_interest({.hung_up = true});
    const Answer answer(*this, asker);
    if (line.size() <= kLongestRequest) return handler_(line, answer);
    answer.give(cat(R"({"error":"the request is longer than )", kLongestRequest, R"( bytes"})"));
}

void Desk::Answer::give(std::string text) const {
    const auto asker = asker_.lock();
    if (!asker || asker->state != Asker::State::waiting) return;
    asker->state = Asker::State::telling;
    asker->text = std::move(text);
    asker->text += '\n';
    asker->deadline->arm(desk_->loop_.now() + desk_->patience_);
    desk_->send(asker);
}

void Desk::send(const std::shared_ptr<Asker>& asker) {
    const auto rest = base::as_bytes(asker->text).subspan(asker->sent);
    const auto moved = sys::send_some(asker->fd.get(), rest, kName);
    if (!moved) return dismiss(asker);
    asker->sent += moved->value_or(0);
    if (asker->sent == asker->text.size()) return dismiss(asker);
    asker->watch->set_interest({.writable = true});
}

}  // namespace nbdroot::server::control
