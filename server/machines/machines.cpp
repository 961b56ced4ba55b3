#include "server/machines/machines.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "lib/base/text.h"
#include "server/machines/directories.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;

// Nothing that waits for it is in a hurry.
constexpr Duration kLookInterval = std::chrono::seconds(1);

}  // namespace

// What a worker finds in a directory.
struct Machines::Search {
    std::string directory;
    Instant began;
    Result<FoundOverlays> found = fail("read", "", "no memory", ENOMEM);
};

Machines::Machines(World world)
    : remains_(std::make_shared<Remains>(world.loop, world.log)),
      world_(std::move(world)),
      next_look_(world.loop.timer([this] {
          look();
          next_look_->arm(world_.loop.now() + kLookInterval);
      })) {
    world_.remains = remains_;
}

void Machines::heed_exports() {
    for (const auto& [stem, machine] : machines_) {
        const auto* const entry = world_.exports.entry(machine->owner().export_name);
        if (entry != nullptr && entry->policy->overlay) machine->set_quota(*entry->policy->overlay);
    }
    for (const auto& entry : world_.exports.entries()) {
        const auto& overlay = entry.policy->overlay;
        if (overlay && asked_.insert(overlay->directory).second) find_files(overlay->directory);
    }
    recorded_.reset();
    if (!record_.empty()) records_.add([this](const Sequence::Over& over) { remember(over); });
}

void Machines::remember(const Sequence::Over& over) {
    std::vector<std::string> current;
    for (const auto& entry : world_.exports.entries()) {
        if (entry.policy->overlay) current.push_back(entry.policy->overlay->directory);
    }
    const auto all = std::make_shared<Result<std::vector<std::string>>>(
        fail("write", record_, "no memory", ENOMEM));
    world_.pool.submit(
        {.work = [all, current, record = record_] { *all = remember_directories(record, current); },
         .done =
             [this, all, over] {
                 if (*all) {
                     recorded_ = std::move(**all);
                     for (const std::string& directory : *recorded_) {
                         if (asked_.insert(directory).second) find_files(directory);
                     }
                 } else {
                     log_unknown(all->error());
                 }
                 over();
             },
         .pace = storage::WorkerPool::Pace::slow,
         .party = this});
}

void Machines::log_unknown(const Error& error) const {
    world_.log.error(cat("overlays: ", error.message(),
                         "; how many there are is not known, so former images are all kept"));
}

void Machines::find_files(const std::string& directory) {
    auto search =
        std::make_shared<Search>(Search{.directory = directory, .began = world_.loop.now()});
    searches_.try_emplace(directory);
    world_.pool.submit({.work = [search] { search->found = find_overlays(search->directory); },
                        .done = [this, search] { on_found(*search); },
                        .pace = storage::WorkerPool::Pace::slow,
                        .party = this});
    next_look_->arm(world_.loop.now() + kLookInterval);
}

void Machines::on_found(const Search& search) {
    const auto newcomers = std::move(searches_.extract(search.directory).mapped());
    take_in(search);
    for (const auto& go_on : newcomers) go_on();
}

void Machines::take_in(const Search& search) {
    if (!search.found) {
        asked_.erase(search.directory);
        log_unknown(search.found.error());
        return;
    }
    // What cannot be read may need any image; it is looked at again when there is news.
    if (search.found->faults.empty()) {
        known_.insert(search.directory);
    } else {
        asked_.erase(search.directory);
    }
    for (const std::string& path : search.found->aside) remains_->add(path);
    for (const std::string& fault : search.found->faults) {
        world_.log.warning(cat("overlays: ", fault));
    }
    for (const FoundOverlay& one : search.found->overlays) {
        auto& machine = machines_[one.stem];
        if (!machine) machine = std::make_shared<Machine>(world_, one.stem, one.owner);
        machine->found(one, search.began);
    }
}

std::shared_ptr<Machine> Machines::at(const std::string& directory, const Owner& owner) {
    const std::string stem = stem_of(directory, owner);
    auto& machine = machines_[stem];
    if (!machine) machine = std::make_shared<Machine>(world_, stem, owner);
    return machine;
}

void Machines::receive(const Arrival& arrival, Found found) {
    const config::OverlayConfig& overlay = *arrival.policy->overlay;
    const auto machine =
        at(overlay.directory, {.kind = overlay.kind,
                               .export_name = arrival.policy->export_name,
                               .machine = arrival.machine,
                               .boot_token = arrival.machine.empty() ? arrival.boot_token : ""});
    // Before anything is written down of it: names are for the asking.
    if (!arrival.returns) {
        const auto search = searches_.find(overlay.directory);
        // How many there are is known after it.
        if (search != searches_.end() && overlay.maximum_overlays > 0 && !machine->exists()) {
            search->second.emplace_back([this, arrival, found = std::move(found)] {
                if (!arrival.guest.expired()) receive(arrival, found);
            });
            return;
        }
        const auto may = may_be_made(*arrival.policy, *machine);
        if (!may) return found(tl::unexpected(may.error()));
    }
    machine->prepare(arrival, [machine, found = std::move(found)](const Result<void>& prepared) {
        if (!prepared) return found(tl::unexpected(prepared.error()));
        found(machine);
    });
}

void Machines::open(const std::shared_ptr<Machine>& machine, const Arrival& arrival,
                    Machine::OpenDone done) {
    machine->open(
        arrival,
        [this, policy = arrival.policy, raw = machine.get()] { return may_be_made(*policy, *raw); },
        std::move(done));
}

// Whoever is on the way in counts.
Result<void> Machines::may_be_made(const admission::Policy& policy, const Machine& machine) const {
    const std::uint32_t limit = policy.overlay->maximum_overlays;
    if (limit == 0 || machine.exists()) return {};
    const auto count = std::count_if(machines_.begin(), machines_.end(), [&](const auto& one) {
        const Machine& other = *one.second;
        return &other != &machine && other.owner().export_name == policy.export_name &&
               (other.exists() || !other.is_forgettable());
    });
    // What has yet to be deleted takes its room all the same.
    const std::size_t taken = static_cast<std::size_t>(count) +
                              remains_->count(policy.export_name, policy.overlay->directory);
    if (taken < limit) return {};
    return fail("make overlay", "",
                cat("no room for ", machine.owner().in_words(), ": the export has all the ", limit,
                    " overlays that it may have (max-overlays); nbd-rootserverctl overlay drop "
                    "deletes one that nobody needs"));
}

const Machine* Machines::find(const admission::Policy& policy, const std::string& machine) const {
    const auto place = machines_.find(stem_of(
        policy.overlay->directory,
        {.kind = policy.overlay->kind, .export_name = policy.export_name, .machine = machine}));
    return place == machines_.end() ? nullptr : place->second.get();
}

bool Machines::is_connected(const admission::Policy& policy, const std::string& machine) const {
    const Machine* const found = find(policy, machine);
    return found != nullptr && found->is_connected();
}

std::shared_ptr<const Machine> Machines::known(const admission::Policy& policy,
                                               const std::string& machine,
                                               const std::string& boot_token) const {
    const Owner owner{.kind = policy.overlay->kind,
                      .export_name = policy.export_name,
                      .machine = machine,
                      .boot_token = machine.empty() ? boot_token : ""};
    const auto place = machines_.find(stem_of(policy.overlay->directory, owner));
    return place == machines_.end() ? nullptr : place->second;
}

std::shared_ptr<export_::Export> Machines::own_base(const admission::Policy& policy,
                                                    const std::string& machine) const {
    const Machine* const found = find(policy, machine);
    const auto* const entry = world_.exports.entry(policy.export_name);
    if (found == nullptr || entry == nullptr || !found->exists()) return nullptr;
    return found->keeps_image() ? entry->with_image(found->image_id()) : nullptr;
}

std::vector<std::shared_ptr<export_::Export>> Machines::targets() const {
    std::vector<std::shared_ptr<export_::Export>> targets;
    for (const auto& [stem, machine] : machines_) {
        if (machine->target()) targets.push_back(machine->target());
    }
    return targets;
}

std::vector<MachineView> Machines::views() const {
    std::vector<MachineView> views;
    for (const auto& [stem, machine] : machines_) {
        if (machine->exists()) views.push_back(machine->view());
    }
    std::sort(views.begin(), views.end(), [](const MachineView& one, const MachineView& other) {
        return std::tie(one.export_name, one.machine, one.path) <
               std::tie(other.export_name, other.machine, other.path);
    });
    return views;
}

Result<std::shared_ptr<Machine>> Machines::named(const std::string& export_name,
                                                 const std::string& machine) {
    for (const auto& [stem, one] : machines_) {
        if (one->owner().export_name == export_name && !machine.empty() &&
            stem.ends_with(cat('/', machine))) {
            return one;
        }
    }
    const auto* const entry = world_.exports.entry(export_name);
    if (entry == nullptr || !entry->policy->overlay) {
        return fail("find overlay", "",
                    cat("no export '", base::printable(export_name), "' has overlays"));
    }
    if (machine.empty()) return fail("find overlay", "", "a machine has to be named");
    const auto& overlay = *entry->policy->overlay;
    return at(overlay.directory,
              {.kind = overlay.kind, .export_name = entry->name, .machine = machine});
}

void Machines::reset(const std::string& export_name, const std::string& machine, const Done& done) {
    const auto found = named(export_name, machine);
    if (!found) return done(tl::unexpected(found.error()));
    if ((*found)->owner().kind == OverlayKind::temporary) {
        return done(fail("reset overlay", "",
                         cat("that of ", (*found)->owner().in_words(),
                             " is temporary: it is fresh at the machine's next boot anyway")));
    }
    (*found)->reset(done);
}

void Machines::drop(const std::string& export_name, const std::string& machine, const Done& done) {
    const auto found = named(export_name, machine);
    if (!found) return done(tl::unexpected(found.error()));
    (*found)->drop(done);
}

std::optional<std::set<std::string>> Machines::image_ids() const {
    const auto is_known = [this](const std::string& one) { return known_.contains(one); };
    if (!recorded_ || !std::all_of(recorded_->begin(), recorded_->end(), is_known)) {
        return std::nullopt;
    }
    for (const auto& entry : world_.exports.entries()) {  // there may be news of them
        const auto& overlay = entry.policy->overlay;
        if (overlay && !is_known(overlay->directory)) return std::nullopt;
    }
    std::set<std::string> ids;
    for (const auto& [stem, machine] : machines_) {
        if (!machine->exists()) continue;
        if (machine->image_id().empty()) return std::nullopt;
        ids.insert(machine->image_id());
    }
    return ids;
}

void Machines::look() {
    for (const auto& [stem, machine] : machines_) machine->look();
    std::erase_if(machines_, [this](const auto& one) {
        // A search must find it, to learn that what it has seen is over.
        if (!searches_.empty() && one.second->has_ended()) return false;
        return one.second.use_count() == 1 && one.second->is_forgettable();
    });
}

}  // namespace nbdroot::server::machines
