#include "server/admission/command_queue.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::admission {
namespace {

Result<void> judge(const sys::ChildEnd& end) {
    if (end.is_success()) return {};
    return fail(
        "command", "",
        end.signal != 0 ? cat("killed by signal ", end.signal) : cat("exit status ", end.status));
}

}  // namespace

CommandQueue::CommandQueue(io::Loop& loop, Limits limits)
    : loop_(loop), limits_(limits), next_(loop.timer([this] { start_next(); })) {}

void CommandQueue::submit(Order order) {
    waiting_.push_back(std::move(order));
    next_->arm(loop_.now());
}

void CommandQueue::start_next() {
    while (running_.size() < limits_.at_once) {
        const auto place = next_order();
        if (place == waiting_.end()) break;
        Order next = std::move(*place);
        waiting_.erase(place);
        begin(std::move(next));
    }
    tell_idle();
}

// The oldest of a client that has not its share already.
std::deque<CommandQueue::Order>::iterator CommandQueue::next_order() {
    std::unordered_map<std::string_view, std::size_t> shares;
    for (const Running& one : running_) ++shares[one.client];
    return std::find_if(waiting_.begin(), waiting_.end(), [&](const Order& order) {
        const auto share = shares.find(order.client);
        return share == shares.end() || share->second < limits_.of_one_client;
    });
}

void CommandQueue::begin(Order order) {
    if (order.is_wanted && !order.is_wanted()) {
        return order.done(fail("command", "", "nobody waits for it any more", ECANCELED));
    }
    const auto place = running_.emplace(running_.end());
    place->client = std::move(order.client);
    place->done = std::move(order.done);
    const auto started = start(order.program, *place, place);
    if (started) return;
    const Done done = std::move(place->done);
    running_.erase(place);
    done(started);
}

Result<void> CommandQueue::start(const sys::Program& program, Running& running, Place place) {
    running.child = NBDROOT_TRY(sys::ChildProgram::start(program));
    running.watch = NBDROOT_TRY(loop_.watch(running.child->end_fd(), {.readable = true},
                                            [this, place](io::Ready) { on_end(place); }));
    running.deadline = loop_.timer([this, place] { on_deadline(place); });
    running.deadline->arm(loop_.now() + limits_.time);
    return {};
}

void CommandQueue::on_end(Place place) {
    const auto end = place->child->collect();
    if (!end) return;
    const Done done = std::move(place->done);
    running_.erase(place);
    next_->arm(loop_.now());
    if (done) done(judge(*end));
    tell_idle();
}

void CommandQueue::tell_idle() const {
    if (size() == 0 && on_idle_) on_idle_();
}

void CommandQueue::on_deadline(Place place) const {
    place->child->kill();
    const Done done = std::exchange(place->done, nullptr);
    done(fail("command", "",
              cat("not done after ", limits_.time / std::chrono::seconds(1), " s, killed")));
}

}  // namespace nbdroot::server::admission
