#include "tests/sim/server.h"

#include <algorithm>
#include <utility>

#include "lib/protocol/nbd/canonical_name.h"
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

Server::Server(Env& env, Net& net, Settings settings)
    : env_(env),
      net_(net),
      settings_(settings),
      look_(env.schedule, [this] { look(); }),
      reservation_(env.schedule, [this] { end_reservation(); }) {}

Server::~Server() = default;

void Server::start(Image& image) {
    env_.journal.say("server ", settings_.host, ": starts with image ", image.id);
    image_ = &image;
    if (settings_.fences && !image.is_read_only) {
        lease_.emplace(server::export_::BootTokens{}, env_.schedule.now());
    }
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
    lease_.reset();
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
    session->client = ++client_count_;
    sessions_.push_back(session);
    session->begin();
}

void Server::close(const ServerSession& session) {
    std::erase_if(sessions_, [&](const auto& known) { return known.get() == &session; });
    if (!lease_) return;
    perform(lease_->leave(session.client));
    vacate_if_over();
}

// Whose name was ASKED for: a boot that is known, or a new one. Empty: there is no such image.
std::string Server::token_of(const std::string& asked) {
    if (asked == kExportName) return cat('T', env_.random.next());
    const auto name = protocol::nbd::parse_canonical_name(asked);
    return name && name->image_id == image_->id ? name->boot_token : std::string();
}

void Server::arrive(ServerSession& session) {
    const Lease::ClientId client = session.client;
    if (!lease_) return perform(Lease::Admit{.client = client, .new_boot = false});
    perform(lease_->arrive(client, session.token(), env_.schedule.now()));
}

// Whoever holds the image has gone, and none of its work runs any more.
void Server::vacate_if_over() {
    if (!lease_ || !lease_->holder()) return;
    const Lease::ClientId holder = *lease_->holder();
    const bool works =
        std::ranges::any_of(work_, [&](const auto& work) { return work.second.client == holder; });
    if (works || find(holder)) return;
    perform(lease_->vacated(Lease::Parting::may_return, env_.schedule.now()));
}

std::shared_ptr<ServerSession> Server::find(Lease::ClientId client) const {
    for (const auto& session : sessions_) {
        if (session->client == client) return session;
    }
    return nullptr;
}

void Server::perform(const Lease::Actions& actions) {
    for (const Lease::Action& action : actions) {
        std::visit([this](const auto& known) { perform(known); }, action);
    }
}

void Server::perform(const Lease::Admit& action) {
    const auto session = find(action.client);
    if (!session) return;
    auto info = info_of(*image_);
    if (settings_.names) {
        info.canonical_name = to_text(protocol::nbd::CanonicalName{
            .export_name = kExportName, .image_id = image_->id, .boot_token = session->token()});
    }
    env_.schedule.after(Duration(0), [weak = std::weak_ptr(session), info] {
        if (const auto waiting = weak.lock()) waiting->admit(info);
    });
}

void Server::perform(const Lease::Refuse& action) {
    env_.schedule.after(Duration(0), [weak = std::weak_ptr(find(action.client))] {
        if (const auto waiting = weak.lock()) waiting->refuse("in use");
    });
}

void Server::perform(const Lease::ShutDown& action) {
    env_.journal.say("server ", settings_.host, ": fences an older connection");
    if (const auto session = find(action.client)) session->shut_down();
    vacate_if_over();
}

void Server::perform(const Lease::Probe&) { look_.arm_after(Duration(0)); }
void Server::perform(const Lease::EndProbe&) { look_.cancel(); }
void Server::perform(const Lease::Wait& action) {
    reservation_.arm_after(action.until - env_.schedule.now());
}

void Server::end_reservation() {
    if (lease_) perform(lease_->reservation_over(env_.schedule.now()));
}

void Server::look() {
    if (!lease_ || !lease_->probing()) return;
    look_.arm_after(server::export_::kProbeInterval);
    const auto holder = find(*lease_->holder());
    const auto pulse = holder ? server::export_::pulse_of(holder->tcp_info())
                              : server::export_::Pulse{.closed = true};
    perform(lease_->pulse(pulse, env_.schedule.now()));
}

void Server::begin_work(const std::shared_ptr<ServerSession>& session, const Request& request,
                        Bytes payload) {
    const std::uint64_t number = ++work_count_;
    work_.emplace(
        number,
        Work{
            .session = session, .client = session->client, .request = request, .payload = payload});
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
    vacate_if_over();
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
