#include "server/metrics/snapshots.h"

#include <utility>

#include "lib/sys/event_fd.h"

namespace nbdroot::server::metrics {

Result<std::unique_ptr<Snapshots>> Snapshots::make(io::Loop& loop,
                                                   std::function<control::Statistics()> gather) {
    sys::Fd event = NBDROOT_TRY(sys::make_event_fd());
    std::unique_ptr<Snapshots> snapshots(new Snapshots(std::move(event), std::move(gather)));
    Snapshots* const raw = snapshots.get();
    snapshots->watch_ = NBDROOT_TRY(loop.watch(raw->event_.get(), {.readable = true},
                                               [raw](io::Ready) { raw->make_wanted(); }));
    return snapshots;
}

Snapshots::Snapshot Snapshots::get(Duration limit) {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = ++wanted_;
    sys::raise_event(event_.get());
    made_.wait_for(lock, limit, [&] { return served_ >= ticket || closed_; });
    return served_ >= ticket && !closed_ ? last_ : nullptr;
}

void Snapshots::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    made_.notify_all();
}

void Snapshots::make_wanted() {
    std::uint64_t wanted = 0;
    {
        const std::lock_guard lock(mutex_);
        sys::clear_event(event_.get());
        wanted = wanted_;
    }
    auto made = std::make_shared<const control::Statistics>(gather_());
    const std::lock_guard lock(mutex_);
    last_ = std::move(made);
    served_ = wanted;
    made_.notify_all();
}

}  // namespace nbdroot::server::metrics
