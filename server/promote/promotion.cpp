#include "server/promote/promotion.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::promote {

struct Promotion::Work {
    Order order;
    Decision decision;
    Result<Swapped> result;
};

Promotion::Promotion(World world) : world_(std::move(world)) {
    world_.formers.set_on_removed([this] { go_on(); });
}

void Promotion::promote(const Order& order, const Done& done) {
    when_idle([this, order, done] { begin(order, done); });
}

void Promotion::when_idle(std::function<void()> job) {
    waiting_.push_back(std::move(job));
    go_on();
}

void Promotion::go_on() {
    while (is_idle() && !waiting_.empty()) {
        const auto job = std::move(waiting_.front());
        waiting_.pop_front();
        job();
    }
}

void Promotion::begin(const Order& order, const Done& done) {
    const auto finish = [&](const Result<Promoted>& outcome) {
        tell(order, outcome);
        done(outcome);
    };
    if (world_.is_reloading()) {
        return finish(fail("promote", "", "the configuration is being read again; ask once more"));
    }
    auto decision = decide(world_.exports, order,
                           [this](const auto& one) { return world_.formers.path_of(one); });
    if (!decision) return finish(tl::unexpected(decision.error()));
    auto work = std::make_shared<Work>(
        Work{order, std::move(*decision), fail("promote", order.export_name, "no memory")});
    runs_ = true;
    world_.formers.hold();
    world_.files_begin_to_move();
    world_.pool.submit({.work = [work] { work->result = swap_image(work->decision.swap); },
                        .done = [this, work, done] { on_swapped(*work, done); },
                        .pace = storage::WorkerPool::Pace::slow});
}

void Promotion::on_swapped(Work& work, const Done& done) {
    Result<Promoted> outcome = tl::unexpected(Error{});
    std::vector<Move> moves;
    if (work.result) {
        const SwapOrder& swap = work.decision.swap;
        moves = {{.file = swap.present, .path = work.result->former_path},
                 {.file = work.result->images.front().opened_as(), .path = swap.image_path}};
        outcome = put_in_place(work);
    } else {
        outcome = tl::unexpected(work.result.error());
    }
    world_.files_have_moved(moves);
    world_.formers.release();
    runs_ = false;
    tell(work.order, outcome);
    done(outcome);
    go_on();
}

Promoted Promotion::put_in_place(Work& work) {
    const SwapOrder& swap = work.decision.swap;
    Swapped& swapped = *work.result;
    for (std::size_t i = 0; i < work.decision.exports.size(); ++i) {
        const std::string& name = work.decision.exports[i];
        const auto next = world_.live.make({.name = name, .path = swap.image_path},
                                           std::move(swapped.images[i]), swapped.image_id);
        world_.formers.take_back(name, swapped.image_id);
        const auto before = world_.exports.replace_target(name, next);
        world_.formers.keep(name, before, swapped.former_path);
        world_.changed(*next);
    }
    return {.export_name = work.order.export_name,
            .path = swap.image_path,
            .image_id = swapped.image_id,
            .former_id = swap.present_id,
            .former_path = swapped.former_path,
            .warning = swapped.warning};
}

void Promotion::tell(const Order& order, const Result<Promoted>& outcome) const {
    if (!outcome) {
        return world_.log.error(cat(outcome.error().message(), "; nothing has changed"));
    }
    if (!outcome->warning.empty()) world_.log.warning(outcome->warning);
    world_.log.info(
        cat("export '", base::printable(order.export_name),
            "': ", order.new_path ? "promoted " : "rolled back to ",
            order.new_path ? cat(base::printable(*order.new_path), ", image ") : "image ",
            outcome->image_id, ", to ", outcome->path, "; what it was, image ", outcome->former_id,
            ", is kept as ", outcome->former_path, " for boots that began on it"));
}

}  // namespace nbdroot::server::promote
