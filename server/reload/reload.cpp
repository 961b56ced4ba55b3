#include "server/reload/reload.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::reload {
namespace {

using export_::Export;

using Exports = std::vector<std::shared_ptr<Export>>;

Shape shape_of(const PlannedExport& planned) {
    return {.name = planned.config.name,
            .path = planned.config.path,
            .file = planned.image->opened_as(),
            .access = planned.image->access(),
            .shared = planned.config.shared,
            .has_overlays = planned.config.overlay.kind != config::OverlayKind::none,
            .image_id = planned.image_id};
}

Shape shape_of(const Export& target) {
    return {.name = target.name(),
            .path = target.image().path(),
            .file = target.image().opened_as(),
            .access = target.image().access(),
            .shared = !target.one_writer(),
            .image_id = target.image_id()};
}

Shape shape_of_pattern(const config::ExportConfig& config) {
    return {.name = config.name,
            .path = config.path,
            .access = config.read_only ? storage::Access::read_only : storage::Access::writable,
            .shared = config.shared};
}

bool is_claimed(const PlannedExport& planned) {
    return planned.image && planned.image->access() == storage::Access::writable;
}

}  // namespace

// What the worker finds.
struct Reload::Reading {
    std::vector<std::string> complaints;
    std::vector<std::string> notes;
    std::optional<Plan> plan;
};

Reload::Reload(World world, Start start)
    : world_(std::move(world)),
      options_(std::move(start.options)),
      started_(std::move(start.config)),
      served_(std::move(start.served)) {}

void Reload::begin(Done done) {
    if (!has_file()) {
        const Outcome outcome{
            .complaints = {"reload: there is no file to read again, the command line says what is "
                           "served; nothing has changed"}};
        tell(outcome);
        return done(outcome);
    }
    if (is_running()) {
        waiting_.push_back(std::move(done));
        return;
    }
    askers_.push_back(std::move(done));
    read();
}

void Reload::read() {
    world_.formers.hold();
    auto reading = std::make_shared<Reading>();
    world_.pool.submit({.work =
                            [reading, options = options_,
                             running = Running{known_ids(), world_.live.state_directory()}] {
                                const Log log(Level::info, [&](Level level, std::string_view line) {
                                    auto& lines = level == Level::error ? reading->complaints
                                                                        : reading->notes;
                                    lines.emplace_back(line);
                                });
                                auto plan = make_plan(options, log, running);
                                if (plan) reading->plan = std::move(*plan);
                            },
                        .done = [this, reading] { on_read(*reading); },
                        .pace = storage::WorkerPool::Pace::slow});
}

void Reload::on_read(Reading& reading) {
    Outcome outcome;
    if (reading.plan) {
        outcome = apply(std::move(*reading.plan));
    } else {
        outcome.complaints = std::move(reading.complaints);
        if (outcome.done()) outcome.complaints = {"reload: no memory to read the file"};
    }
    outcome.warnings.insert(outcome.warnings.begin(), reading.notes.begin(), reading.notes.end());
    world_.formers.release();
    tell(outcome);
    const auto askers = std::exchange(askers_, std::exchange(waiting_, {}));
    if (is_running()) read();
    for (const Done& done : askers) done(outcome);
}

// The ids that were computed, and still are what computing would give.
KnownIds Reload::known_ids() const {
    std::vector<Shape> known;
    const auto& entries = world_.exports.entries();
    for (std::size_t i = 0; i < entries.size() && i < served_.size(); ++i) {
        if (!entries[i].target || !served_[i].config.image_id.empty()) continue;
        if (entries[i].target->is_writable()) continue;  // that costs nothing
        known.push_back(shape_of(*entries[i].target));
        for (const auto& one : entries[i].former) known.push_back(shape_of(*one));
    }
    return [known](const storage::Image& image) -> std::optional<std::string> {
        if (image.access() == storage::Access::writable) return std::nullopt;
        for (const Shape& shape : known) {
            if (shape.file == image.opened_as()) return shape.image_id;
        }
        return std::nullopt;
    };
}

std::vector<Living> Reload::living(const Exports& all) const {
    std::vector<Living> living;
    living.reserve(all.size());
    for (const auto& target : all) {
        living.push_back({.shape = shape_of(*target),
                          .users = world_.clients.users_of(*target),
                          .is_base = is_base(*target)});
    }
    return living;
}

// Overlays lie on its image, are about to, or cannot be read.
bool Reload::is_base(const Export& target) const {
    if (target.is_writable()) return false;
    const auto begun = world_.machines.image_ids();
    if (begun && begun->contains(target.image_id())) return true;
    const auto& entries = world_.exports.entries();
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
        if (!entry.policy->overlay) return false;
        const auto has = [&](const auto& one) { return one.get() == &target; };
        const bool is_its_own =
            has(entry.target) || std::any_of(entry.former.begin(), entry.former.end(), has);
        return is_its_own && (!begun || !world_.clients.users_of(target).empty());
    });
}

// What machines that are connected write to stays what it is.
std::vector<std::string> Reload::overlay_complaints(const Plan& plan) const {
    std::vector<std::string> complaints;
    const auto views = world_.machines.views();
    for (const auto& entry : world_.exports.entries()) {
        if (!entry.policy->overlay) continue;
        std::vector<std::string> users;
        for (const auto& view : views) {
            if (view.connected && view.export_name == entry.name) users.push_back(view.peer);
        }
        for (const PlannedExport& planned : plan.exports) {
            const config::ExportConfig& config = planned.config;
            if (config.name != entry.name) continue;
            const std::string fault =
                overlay_complaint(config.name, *entry.policy->overlay, config.overlay, users);
            if (!fault.empty()) complaints.push_back(config.origin + fault);
        }
    }
    return complaints;
}

Reload::Outcome Reload::apply(Plan plan) {
    Outcome outcome;
    outcome.warnings = settings_for_next_start(started_, plan.config);
    Exports all = world_.live.all();
    // Two of them may have one image, after a rollback: the one that has newcomers goes on.
    std::stable_partition(all.begin(), all.end(), [this](const auto& one) {
        const auto& entries = world_.exports.entries();
        return std::any_of(entries.begin(), entries.end(),
                           [&](const auto& entry) { return entry.target == one; });
    });
    outcome.complaints = overlay_complaints(plan);
    const std::vector<Living> alive = living(all);
    std::vector<Shape> wanted;
    std::vector<std::size_t> places;  // in the plan: patterns have no image to match
    for (std::size_t i = 0; i < plan.exports.size(); ++i) {
        if (!plan.exports[i].image) {
            const config::ExportConfig& config = plan.exports[i].config;
            const std::string fault = pattern_complaint(shape_of_pattern(config), alive);
            if (!fault.empty()) outcome.complaints.push_back(config.origin + fault);
            continue;
        }
        wanted.push_back(shape_of(plan.exports[i]));
        places.push_back(i);
    }
    const std::vector<Match> found = match(wanted, alive);
    std::vector<Match> matches(plan.exports.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        matches[places[i]] = found[i];
        if (found[i].complaint.empty()) continue;
        outcome.complaints.push_back(
            cat(plan.exports[places[i]].config.origin, found[i].complaint));
    }
    if (outcome.complaints.empty()) outcome.complaints = claim(plan, matches, all);
    if (!outcome.done()) return outcome;
    std::vector<Served> before = std::move(served_);
    for (Served& one : before) {
        for (const auto& target : all) {
            if (target.get() == one.target) one.users = count_users(*target);
        }
    }
    swap(std::move(plan), matches, all);
    outcome.changes = changes(before, served_);
    return outcome;
}

// Not of another export of its image.
std::size_t Reload::count_users(const Export& target) const {
    std::size_t count = 0;
    world_.clients.for_each([&](const session::Session& client) {
        const auto* const used = client.target();
        if (used == nullptr || used->name() != target.name()) return;
        if (used->image().opened_as().same_file(target.image().opened_as())) ++count;
    });
    return count;
}

// Of images that are new, or change hands. What was given up before a complaint is taken back:
// nobody else can have it meanwhile but another process that waits for just this moment.
std::vector<std::string> Reload::claim(const Plan& plan, const std::vector<Match>& matches,
                                       const Exports& all) const {
    std::vector<std::string> complaints;
    for (const Match& one : matches) {
        if (one.predecessor) all[*one.predecessor]->image().release();
    }
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const PlannedExport& planned = plan.exports[i];
        if (matches[i].kept || !is_claimed(planned)) continue;
        const auto claimed = planned.image->claim();
        if (claimed) continue;
        complaints.push_back(cat(planned.config.origin, "export '",
                                 base::printable(planned.config.name),
                                 "': ", claimed.error().message()));
    }
    if (complaints.empty()) return complaints;
    for (const PlannedExport& planned : plan.exports) {
        if (is_claimed(planned)) planned.image->release();
    }
    for (const Match& one : matches) {
        if (one.predecessor) (void)all[*one.predecessor]->image().claim();
    }
    return complaints;
}

void Reload::swap(Plan plan, const std::vector<Match>& matches, const Exports& all) {
    export_::ExportTable next;
    Exports current;
    served_.clear();
    for (std::size_t i = 0; i < plan.exports.size(); ++i) {
        PlannedExport& planned = plan.exports[i];
        const config::ExportConfig& config = planned.config;
        Served now{.config = config, .description = describe(planned)};
        std::shared_ptr<Export> target;
        if (matches[i].kept) {
            target = all[*matches[i].kept];
            target->rename(config.name);
        } else if (planned.image) {
            target = world_.live.make(config, std::move(*planned.image), planned.image_id);
            if (matches[i].predecessor) target->succeed(*all[*matches[i].predecessor]);
        }
        now.target = target.get();
        current.push_back(target);
        next.add(config.name, std::move(target), admission::make_policy(config));
        if (config.is_default) next.set_default(config.name);
        served_.push_back(std::move(now));
    }
    const auto before = world_.exports.entries();
    world_.exports = std::move(next);
    world_.apply_limits(plan.config);
    for (const Match& one : matches) {
        if (one.predecessor) current.push_back(all[*one.predecessor]);
    }
    world_.formers.keep_older(before, current);
    keep_found(before, plan.exports);
}

// Former images that were found beside the images, and are none of those that are known already.
void Reload::keep_found(const std::vector<export_::ExportTable::Entry>& before,
                        std::vector<PlannedExport>& planned) {
    const auto living_one = [&](const std::string& name, const promote::FormerImage& found) {
        std::shared_ptr<Export> living;
        for (const auto& entry : before) {
            if (entry.name != name) continue;
            Exports known = entry.former;
            known.push_back(entry.target);
            for (const auto& one : known) {
                if (one && one->image_id() == found.image_id) living = one;
            }
        }
        return living;
    };
    for (PlannedExport& target : planned) {
        auto& former = target.former;
        std::reverse(former.begin(), former.end());  // each is put before the others
        for (promote::FormerImage& found : former) {
            const std::string path = found.image.path();
            auto one = living_one(target.config.name, found);
            if (one && world_.formers.path_of(*one) == path) continue;
            if (!one) one = world_.live.make(target.config, std::move(found.image), found.image_id);
            world_.formers.keep(target.config.name, one, path);
        }
    }
}

void Reload::on_promoted(const Export& target) {
    for (Served& one : served_) {
        if (one.config.name != target.name()) continue;
        one.target = &target;
        one.description = describe(one.config, target.image().size_bytes(), target.image_id());
    }
}

void Reload::tell(const Outcome& outcome) const {
    for (const std::string& line : outcome.warnings) world_.log.warning(line);
    for (const std::string& line : outcome.complaints) world_.log.error(line);
    for (const std::string& line : outcome.changes) world_.log.info(line);
    if (!has_file()) return;
    if (!outcome.done()) {
        world_.log.error(cat("reload of ", *options_.config_file, ": ", outcome.complaints.size(),
                             outcome.complaints.size() == 1 ? " complaint" : " complaints",
                             "; nothing has changed"));
    } else {
        world_.log.info(cat("reload of ", *options_.config_file, ": done, ", outcome.changes.size(),
                            outcome.changes.size() == 1 ? " export differs" : " exports differ"));
    }
}

}  // namespace nbdroot::server::reload
