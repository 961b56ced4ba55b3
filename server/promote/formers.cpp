#include "server/promote/formers.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file_names.h"
#include "lib/sys/file_stamp.h"
#include "server/promote/former_name.h"

namespace nbdroot::server::promote {
namespace {

constexpr Duration kLook = std::chrono::seconds(30);
constexpr Duration kShortestLook = std::chrono::milliseconds(100);

}  // namespace

Formers::Formers(World world)
    : world_(std::move(world)), next_look_(world_.loop.timer([this] { look(); })) {}

const Formers::Entry* Formers::entry_of(const std::string& name) const {
    for (const Entry& entry : world_.exports.entries()) {
        if (entry.name == name) return &entry;
    }
    return nullptr;
}

void Formers::keep(const std::string& name, const std::shared_ptr<Export>& one, std::string path) {
    if (entry_of(name) == nullptr) return;
    take_back(name, one->image_id());
    kept_.insert_or_assign(one.get(), Kept{world_.loop.now(), std::move(path)});
    world_.exports.keep_former(name, one);
    trim(name);
    next_look_->arm(world_.loop.now() + kShortestLook);
}

void Formers::take_back(const std::string& name, const std::string& image_id) {
    world_.exports.forget_former([&](const Entry& entry, const Export& one) {
        const bool same = entry.name == name && one.image_id() == image_id;
        if (same) kept_.erase(&one);
        return same;
    });
}

// The oldest ones go.
void Formers::trim(const std::string& name) {
    std::size_t unnamed = 0;
    world_.exports.forget_former([&](const Entry& entry, const Export& one) {
        if (entry.name != name || !path_of(one).empty()) return false;
        if (++unnamed <= kMostUnnamed) return false;
        kept_.erase(&one);
        return true;
    });
}

void Formers::keep_older(const std::vector<Entry>& before, const Exports& gone_on) {
    const auto known = std::exchange(kept_, {});
    for (const Entry& entry : before) {
        const Entry* const now = entry_of(entry.name);
        Exports older = entry.former;
        std::reverse(older.begin(), older.end());  // each is put before the others
        if (entry.target) older.push_back(entry.target);
        for (const auto& one : older) {
            if (now == nullptr) break;
            if (std::find(gone_on.begin(), gone_on.end(), one) != gone_on.end()) continue;
            const auto was = known.find(one.get());
            const bool has_overlays = now->policy->overlay.has_value();
            if (was == known.end() && !has_overlays && !is_needed(*now, *one)) continue;
            keep(entry.name, one, was == known.end() ? "" : was->second.path);
            if (was != known.end()) {
                kept_[one.get()].seen = was->second.seen;
            } else if (has_overlays) {
                save_name(entry.name, one);
            }
        }
    }
    next_look_->arm(world_.loop.now() + kShortestLook);
}

// Overlays are worth nothing without it.
void Formers::save_name(const std::string& name, const std::shared_ptr<Export>& one) {
    const auto* const entry = entry_of(name);
    if (entry->policy->has_image_id) return;  // which would not be found under it
    const std::string path = former_path(one->image().path(), one->image_id());
    const auto made = std::make_shared<Result<void>>(fail("make", path, "no memory"));
    hold();
    world_.pool.submit({.work =
                            [one, path, made] {
                                *made = one->image().link_at(path);
                                if (*made) *made = sys::sync_directory(directory_of(path));
                            },
                        .done =
                            [this, name, one, path, made] {
                                const auto kept = kept_.find(one.get());
                                if (*made && kept != kept_.end()) {
                                    kept->second.path = path;
                                    world_.log.info(cat("export '", name, "': its image before, ",
                                                        one->image_id(), ", is kept as ", path));
                                } else if (!*made) {
                                    world_.log.warning(cat(
                                        "export '", name, "': its image before, ", one->image_id(),
                                        ", was replaced by hand and cannot be kept (",
                                        made->error().message(),
                                        "); overlays that were begun on it end with this server. "
                                        "nbd-rootserverctl promote keeps it"));
                                }
                                release();
                            },
                        .pace = storage::WorkerPool::Pace::slow});
}

std::string Formers::path_of(const Export& one) const {
    const auto place = kept_.find(&one);
    return place == kept_.end() ? "" : place->second.path;
}

Duration Formers::time_of(const Entry& entry, const Kept& kept) const {
    const bool is_said = !kept.path.empty() || entry.policy->overlay;
    return is_said ? std::chrono::duration_cast<Duration>(entry.policy->former_linger) : kKept;
}

bool Formers::is_needed(const Entry& entry, const Export& one) const {
    const auto begun = world_.overlays();
    const bool may_have_some = entry.policy->overlay || !path_of(one).empty();
    if (begun ? begun->contains(one.image_id()) : may_have_some) return true;
    // Or somebody is on the way in.
    bool is_used = !world_.clients.users_of(one).empty() || one.shared_image().use_count() > 1;
    world_.clients.for_each([&](const session::Session& client) {
        const auto* const target = client.target();
        if (target == nullptr || target->image_id() != one.image_id()) return;
        if (target->name() == entry.name) is_used = true;
    });
    return is_used;
}

void Formers::release() {
    if (--holds_ == 0 && !kept_.empty()) next_look_->arm(world_.loop.now() + kShortestLook);
}

void Formers::look() {
    if (holds_ > 0) return;  // its end looks
    const Instant now = world_.loop.now();
    Duration next = kLook;
    std::vector<std::pair<std::shared_ptr<Export>, std::string>> over;
    for (const Entry& entry : world_.exports.entries()) {
        for (const auto& one : entry.former) {
            const auto place = kept_.find(one.get());
            if (place == kept_.end()) continue;
            Kept& kept = place->second;
            const bool is_needed_now = is_needed(entry, *one);
            if (is_needed_now) kept.seen = now;
            const Duration left = time_of(entry, kept) - (now - kept.seen);
            if (is_needed_now || left > Duration::zero()) {
                next = std::min(next, std::max(left, kShortestLook));
            } else {
                over.emplace_back(one, kept.path);
            }
        }
    }
    for (const auto& [one, path] : over) {
        kept_.erase(one.get());
        world_.exports.forget_former(
            [gone = one.get()](const Entry&, const Export& former) { return &former == gone; });
    }
    for (const auto& [one, path] : over) {
        const bool others =
            std::any_of(kept_.begin(), kept_.end(),
                        [&own = path](const auto& kept) { return kept.second.path == own; });
        if (!path.empty() && !others) remove(one, path);
    }
    if (!kept_.empty()) next_look_->arm(now + next);
}

void Formers::remove(const std::shared_ptr<Export>& one, const std::string& path) {
    const auto removed = std::make_shared<Result<void>>(fail("remove", path, "no memory"));
    ++removing_;
    world_.pool.submit(
        {.work =
             [path, file = one->image().opened_as(), removed] {
                 const auto there = sys::stamp_at(path);
                 if (there && !there->same_file(file)) {
                     *removed = fail("remove", path, "another file lies there, left alone");
                 } else {
                     *removed = sys::unlink_file(path);
                 }
             },
         .done =
             [this, name = one->name(), id = one->image_id(), path, removed] {
                 const std::string what = cat("export '", name, "': former image ", id);
                 if (*removed) {
                     world_.log.info(cat(what, ": nobody needs it any more; ", path, " removed"));
                 } else {
                     world_.log.warning(
                         cat(what, ": nobody needs it any more, but ", removed->error().message()));
                 }
                 --removing_;
                 if (on_removed_) on_removed_();
             },
         .pace = storage::WorkerPool::Pace::slow});
}

}  // namespace nbdroot::server::promote
