#include "tests/sim/relayed_device.h"

#include <utility>

namespace nbdroot::sim {
namespace {

using agent::resident::Pieces;
using agent::resident::Relay;
using agent::resident::Ring;

ByteSpan first_of(const Pieces& places) { return places[0].empty() ? places[1] : places[0]; }

}  // namespace

RelayedDevice::RelayedDevice(Env& env, Options options, SocketPair& pair, Events events)
    : env_(env), pair_(pair), events_(std::move(events)), wake_(env.schedule, [this] { pump(); }) {
    memory_.requests.resize(options.request_bytes);
    memory_.replies.resize(options.reply_bytes);
    begin_process();
}

void RelayedDevice::begin_process() {
    relay_ = std::make_unique<Relay>(
        agent::resident::RelayStore(memory_.header, Ring(memory_.requests), Ring(memory_.replies),
                                    [this] { on_store(); }),
        env_.schedule.now());
    pair_.relay_ready = [this] { wake_.arm_after(Duration(0)); };
    pair_.relay_ready();
}

void RelayedDevice::end_process() {
    stores_left_ = 0;
    at_death_.reset();
    pair_.relay_ready = {};
    socket_.reset();
    relay_.reset();
}

Result<void> RelayedDevice::install(std::shared_ptr<Socket> socket) {
    if (!relay_) return {};
    drop();
    socket_ = std::move(socket);
    relay_->on_connected();
    if (has_died()) return {};
    socket_->on_ready([this] { pump(); });
    return {};
}

void RelayedDevice::drop() {
    if (!socket_ || !relay_) return;
    socket_.reset();
    relay_->on_disconnected();
}

void RelayedDevice::fail_requests() {
    if (!relay_) return;
    relay_->fail_kept_requests();
    if (!has_died()) wake_.arm_after(Duration(0));
}

void RelayedDevice::on_store() {
    if (stores_left_ == 0 || --stores_left_ > 0) return;
    at_death_ = memory_;
}

// What the process did after its death it did not do. Nothing but memory was touched since: each
// transfer asks before it moves bytes.
bool RelayedDevice::has_died() {
    if (!at_death_) return false;
    env_.journal.say("relay: dies between two stores");
    memory_ = std::move(*at_death_);
    at_death_.reset();
    env_.schedule.after(Duration(0), [this] { events_.died(); });
    pair_.relay_ready = {};
    if (socket_) socket_->on_ready({});
    relay_.reset();
    return true;
}

// Each way in turn until nothing moves; as with the real pump a lost server ends the turn.
void RelayedDevice::pump() {
    if (!relay_) return;
    (void)(receive_from_kernel() && send_to_server() && receive_from_server() && send_to_kernel() &&
           receive_from_kernel() && send_to_server());
    if (relay_) check();
}

bool RelayedDevice::receive_from_kernel() {
    while (!pair_.requests.empty() && relay_->wants_kernel_bytes()) {
        const Relay::KernelTransfer transfer = relay_->kernel_space();
        if (has_died()) return false;
        const ByteSpan place = first_of(transfer.places);
        const std::size_t count =
            pair_.requests.read(place.first(env_.random.some_of(place.size())));
        transfer.record.moved_bytes = static_cast<std::uint32_t>(count);
        events_.kernel_ready();
        if (env_.random.one_in(8)) on_store();  // killed inside the call
        if (!has_died()) relay_->kernel_received();
        if (!relay_ || has_died()) return false;
        if (relay_->kernel_error()) {
            env_.journal.fail("relay: ", relay_->kernel_error()->message());
            return false;
        }
    }
    return true;
}

bool RelayedDevice::send_to_kernel() {
    while (relay_->has_kernel_output()) {
        const std::size_t room = SocketPair::kBytes - pair_.replies.size();
        if (room == 0) return true;
        const Relay::KernelTransfer transfer = relay_->kernel_output();
        if (has_died()) return false;
        const ByteSpan place = first_of(transfer.places);
        const std::size_t count = env_.random.some_of(std::min(room, place.size()));
        pair_.replies.push(place.first(count));
        transfer.record.moved_bytes = static_cast<std::uint32_t>(count);
        events_.kernel_ready();
        if (env_.random.one_in(8)) on_store();
        if (!has_died()) relay_->kernel_sent();
        if (!relay_ || has_died()) return false;
    }
    return true;
}

bool RelayedDevice::receive_from_server() {
    while (socket_ && relay_->wants_server_bytes()) {
        const ByteSpan place = first_of(relay_->server_space());
        const Tcp::Read read = socket_->receive(place);
        if (read.over) {
            lose(read.reset ? "reset" : "the server closed");
            return false;
        }
        if (read.count == 0) return true;
        const auto received = relay_->server_received(read.count);
        if (has_died()) return false;
        if (!received) {
            lose(received.error().message());
            return false;
        }
        if (!send_to_kernel()) return false;
    }
    return true;
}

bool RelayedDevice::send_to_server() {
    while (socket_ && relay_->has_server_output()) {
        const auto sent = socket_->send(first_of(relay_->server_output()));
        if (!sent) {
            lose("send failed");
            return false;
        }
        if (*sent == 0) return true;
        relay_->server_sent(*sent);
        if (has_died()) return false;
    }
    return true;
}

void RelayedDevice::lose(std::string why) {
    drop();
    if (!has_died()) events_.lost(std::move(why));
}

void RelayedDevice::check() {
    const auto counters = relay_->counters();
    if (counters.kept_bytes > memory_.requests.size()) {
        env_.journal.fail("relay: keeps ", counters.kept_bytes, " bytes in a store of ",
                          memory_.requests.size());
    }
}

}  // namespace nbdroot::sim
