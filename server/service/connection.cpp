#include "server/service/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/stream.h"

namespace nbdroot::server::service {
namespace {

// Received and not taken yet: a whole request, and what a client sends ahead.
constexpr std::size_t kMaximumInput = 4 * Conversation::kMaximumBytes;
constexpr std::size_t kReceiveBytes = std::size_t{16} * 1024;

}  // namespace

Connection::Connection(io::Loop& loop, Arrival arrival, Handler handler, Ended ended)
    : loop_(loop),
      socket_(std::move(arrival.socket)),
      asker_{.peer = std::move(arrival.peer),
             .subject = std::move(arrival.subject),
             .address = arrival.address},
      handler_(std::move(handler)),
      ended_(std::move(ended)),
      conversation_(arrival.structured_replies),
      input_(std::move(arrival.received)) {
    asker_.is_gone = is_gone_;
}

Connection::~Connection() { *is_gone_ = true; }

Result<void> Connection::start() {
    watch_ = NBDROOT_TRY(loop_.watch(socket_.get(), {.readable = true},
                                     [this](io::Ready ready) { on_ready(ready); }));
    deadline_ = loop_.timer([this] { on_deadline(); });
    patience_ = loop_.timer([this] {
        const auto self = shared_from_this();
        // Who has sent more behind it does not want to be told, but the answer.
        if (input_.size() <= protocol::nbd::kRequestSize) conversation_.tell_working();
        advance();
    });
    idle_until_ = loop_.now() + kIdleLimit;
    deadline_->arm(idle_until_);
    const auto self = shared_from_this();
    advance();
    return {};
}

void Connection::on_ready(io::Ready ready) {
    const auto self = shared_from_this();
    if (ready.writable && !send()) return;
    if (ready.readable && !receive()) return;
    advance();
}

// The timer is not moved for every byte.
void Connection::on_deadline() {
    const auto self = shared_from_this();
    if (loop_.now() < idle_until_) return deadline_->arm(idle_until_);
    // What works for somebody who waits is no silence of the client.
    if (conversation_.waits()) return deadline_->arm(loop_.now() + kIdleLimit);
    end(cat("closed: silent for ", kIdleLimit / std::chrono::seconds(1), " s"));
}

// False: it has ended.
bool Connection::receive() {
    std::array<std::byte, kReceiveBytes> buffer;
    const auto got = sys::receive_some(socket_.get(), buffer, asker_.peer);
    if (!got) {
        end(cat("lost: ", got.error().reason));
        return false;
    }
    if (!*got) return true;
    if (**got == 0) peer_ended_ = true;
    const ByteView bytes = ByteView(buffer).first(**got);
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    idle_until_ = loop_.now() + kIdleLimit;
    return true;
}

void Connection::advance() {
    if (!watch_) return;
    for (;;) {
        const std::size_t used = output_.empty() ? conversation_.on_bytes(input_) : std::size_t{0};
        input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
        if (output_.empty()) output_ = conversation_.take_output();
        if (!send()) return;
        if (conversation_.over()) return end(*conversation_.over());
        if (const auto request = conversation_.take_request()) serve(*request);
        if (!watch_) return;
        if (used == 0 || !output_.empty()) break;
    }
    if (peer_ended_ && output_.empty()) return end("left without saying so");
    update_waits();
}

void Connection::serve(const std::string& request) {
    const std::uint64_t number = ++requests_;
    handler_(asker_, request, [weak = weak_from_this(), number](Reply reply) {
        if (const auto self = weak.lock()) self->on_answer(number, std::move(reply));
    });
}

// Perhaps from within serve(): whoever reads next is served by the caller.
void Connection::on_answer(std::uint64_t request, Reply reply) {
    if (!watch_ || request != requests_ || !conversation_.works()) return;
    if (reply.text.size() > protocol::service::kMaximumAnswer) {
        reply = {.status = Status::failed,
                 .text = R"({"error":"the answer is longer than an answer may be"})"};
    }
    conversation_.answer(reply.status, std::move(reply.text));
    patience_->arm(loop_.now());  // the turn after this one goes on
}

bool Connection::send() {
    while (sent_ < output_.size()) {
        const auto moved =
            sys::send_some(socket_.get(), ByteView(output_).subspan(sent_), asker_.peer);
        if (!moved) {
            end(cat("lost: ", moved.error().reason));
            return false;
        }
        if (!*moved) return true;
        sent_ += **moved;
        idle_until_ = loop_.now() + kIdleLimit;
    }
    output_.clear();
    sent_ = 0;
    return true;
}

void Connection::update_waits() {
    watch_->set_interest(
        {.readable = !peer_ended_ && input_.size() < kMaximumInput, .writable = !output_.empty()});
    if (conversation_.waits()) patience_->arm(loop_.now() + kWait);
}

void Connection::end(const std::string& reason) {
    if (!watch_) return;
    watch_.reset();
    deadline_.reset();
    patience_.reset();
    *is_gone_ = true;
    socket_.reset();
    ended_(*this, reason);
}

}  // namespace nbdroot::server::service
