#include "tests/sim/server.h"

#include <algorithm>
#include <utility>

#include "tests/sim/server_session.h"

namespace nbdroot::sim {
namespace {

using protocol::nbd::Command;
using protocol::nbd::Request;

protocol::nbd::ExportInfo info_of(const Image& image) {
    using namespace protocol::nbd;
    const unsigned write_flags = kTransmitSendWriteZeroes | kTransmitSendFua;
    const unsigned flags = kTransmitHasFlags | kTransmitSendFlush |
                           (image.is_read_only ? kTransmitReadOnly : write_flags);
    return {
        .size_bytes = image.bytes.size(),
        .transmission_flags = static_cast<std::uint16_t>(flags),
        .block_sizes = BlockSizes{.minimum = 512, .preferred = 4096, .maximum_payload = 256 << 10}};
}

}  // namespace

Server::Server(Env& env, Net& net, Settings settings) : env_(env), net_(net), settings_(settings) {}

Server::~Server() = default;

void Server::start(Image& image) {
    env_.journal.say("server ", settings_.host, ": starts with image ", image.id);
    image_ = &image;
    net_.listen(settings_.host,
                [this](std::unique_ptr<Socket> socket) { accept(std::move(socket)); });
}

// What its threads were doing is done, half done, or not.
void Server::kill() {
    env_.journal.say("server ", settings_.host, ": is killed");
    for (const auto& [number, work] : work_) {
        Bytes data;
        const std::size_t length = work.request.length_bytes;
        if (!env_.random.one_in(3)) {
            execute(work, data, env_.random.one_in(2) ? length : env_.random.below(length + 1));
        }
    }
    work_.clear();
    sessions_.clear();
    backlog_.clear();
    stopped_ = false;
    image_ = nullptr;
    net_.listen(settings_.host, {});
}

void Server::stop() {
    env_.journal.say("server ", settings_.host, ": is stopped");
    stopped_ = true;
}

// It looks at all that has come meanwhile, in any order.
void Server::resume() {
    env_.journal.say("server ", settings_.host, ": goes on");
    stopped_ = false;
    const auto soon = [this](std::function<void()> action) {
        env_.schedule.after(env_.random.between(Duration(0), Duration(5)), std::move(action));
    };
    for (auto& [number, work] : work_) {
        if (std::exchange(work.due, false)) soon([this, n = number] { finish_work(n); });
    }
    for (const auto& session : sessions_) {
        soon([weak = std::weak_ptr(session)] {
            if (const auto known = weak.lock()) known->on_ready();
        });
    }
    for (auto& socket : std::exchange(backlog_, {})) accept(std::move(socket));
}

void Server::half_close() {
    env_.journal.say("server ", settings_.host, ": half-closes");
    for (const auto& session : sessions_) session->half_close();
}

void Server::accept(std::unique_ptr<Socket> socket) {
    if (stopped_) return backlog_.push_back(std::move(socket));
    const auto session = std::make_shared<ServerSession>(env_, *this, std::move(socket));
    sessions_.push_back(session);
    session->begin();
}

void Server::close(const ServerSession& session) {
    std::erase_if(sessions_, [&](const auto& known) { return known.get() == &session; });
    admit_waiting();
}

// Whose name was ASKED for: a boot that is known, or a new one. Empty: there is no such image.
std::string Server::token_of(const std::string& asked) {
    if (asked == kExportName) return cat('T', env_.random.next());
    const std::string prefix = cat(kExportName, '@', image_->id, '.');
    return asked.starts_with(prefix) ? asked.substr(prefix.size()) : std::string();
}

// The newer connection of the same boot waits until the older one is shut down and its running work
// has ended.
void Server::admit(const std::shared_ptr<ServerSession>& session) {
    if (settings_.fences && !image_->is_read_only) {
        const auto known = sessions_;
        for (const auto& older : known) {
            if (older == session || older->token() != session->token()) continue;
            env_.journal.say("server ", settings_.host, ": fences an older connection");
            older->shut_down();
        }
    }
    admit_waiting();
}

void Server::admit_waiting() {
    for (const auto& session : sessions_) {
        if (!session->is_waiting()) continue;
        const bool others_work = std::any_of(work_.begin(), work_.end(), [&](const auto& work) {
            return work.second.session.lock() != session;
        });
        if (others_work && settings_.fences && !image_->is_read_only) continue;
        auto info = info_of(*image_);
        if (settings_.names) {
            info.canonical_name = cat(kExportName, '@', image_->id, '.', session->token());
        }
        env_.schedule.after(Duration(0), [weak = std::weak_ptr(session), info] {
            if (const auto waiting = weak.lock()) waiting->admit(info);
        });
    }
}

void Server::begin_work(const std::shared_ptr<ServerSession>& session, const Request& request,
                        Bytes payload) {
    const std::uint64_t number = ++work_count_;
    work_.emplace(number, Work{.session = session, .request = request, .payload = payload});
    const bool slow = env_.random.percent(settings_.slow_work_percent);
    const Duration longest = slow ? kSlowWork : settings_.longest_work;
    env_.schedule.after(env_.random.between(Duration(0), longest),
                        [this, number] { finish_work(number); });
}

void Server::finish_work(std::uint64_t number) {
    const auto known = work_.find(number);
    if (known == work_.end()) return;
    if (stopped_) {
        known->second.due = true;
        return;
    }
    const Work work = std::move(work_.extract(known).mapped());
    Bytes data;
    execute(work, data, work.request.length_bytes);
    const auto session = work.session.lock();
    env_.journal.say("server ", settings_.host, ": did ", work.request.cookie & 0xffffffff,
                     session ? "" : " for a connection that is gone");
    if (session) {
        --session->running;
        session->answer(work.request, protocol::nbd::ErrorNumber::none, data);
        session->on_ready();
    }
    admit_waiting();
}

void Server::execute(const Work& work, Bytes& data, std::size_t written_bytes) {
    const Request& request = work.request;
    if (request.command == Command::flush) return;
    const auto begin = image_->bytes.begin() + static_cast<std::ptrdiff_t>(request.offset_bytes);
    const auto count = static_cast<std::ptrdiff_t>(written_bytes);
    if (request.command == Command::read) data.assign(begin, begin + count);
    if (request.command == Command::write_zeroes) std::fill(begin, begin + count, std::byte{0});
    if (request.command == Command::write) std::copy_n(work.payload.begin(), count, begin);
}

}  // namespace nbdroot::sim
