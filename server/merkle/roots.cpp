#include "server/merkle/roots.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/export_description.h"
#include "lib/sys/clock.h"
#include "server/merkle/root_work.h"

namespace nbdroot::server::merkle {
namespace {

using storage::Image;
using sys::Asking;
using sys::FileVersion;

// A disk that has failed is left alone for a while.
constexpr Duration kFaultPause = std::chrono::minutes(5);

std::string text_of(const Digest& root) {
    return cat(protocol::nbd::kImageRootForm, base::hex(root));
}

}  // namespace

struct Roots::Subject {
    std::string export_name{};
    std::string image_id{};
    std::shared_ptr<const Image> image{};
    bool is_former = false;
    bool wants_kept = false;
    KeptPlace place{};
    // What was found.
    Result<FileVersion> version = fail("stat", "", "no memory for it", ENOMEM);
    std::optional<KeptRoot> kept{};

    void look() {
        version = image->version(Asking::its_server);
        if (version && wants_kept) kept = find_kept_root(place, *version);
    }
};

struct Roots::Looks {
    std::vector<Subject> subjects{};
};

// Shared with a worker, which has all of it but what is atomic.
struct Roots::Job {
    std::shared_ptr<const Image> image{};
    KeptPlace place{};
    FileVersion version{};
    Instant began{};
    std::atomic<std::uint64_t> done_bytes{0};
    std::atomic<bool> is_cancelled{false};
    Result<Digest> root = fail("compute", "the Merkle root", "no memory for it", ENOMEM);
    Result<std::string> kept_at = std::string();

    void run() {
        began = sys::now();
        root = compute_root(*image, [this](std::uint64_t done) {
            done_bytes = done;
            return !is_cancelled;
        });
        if (!root) return;
        const auto now = image->version(Asking::its_server);
        if (!now || *now != version) {
            root = fail("read", image->path(), "it was changed meanwhile", ECANCELED);
            return;
        }
        kept_at = keep_root(place, {.version = version, .root = *root});
    }
};

Roots::Roots(World world) : world_(world), next_look_(world.loop.timer([this] { look(); })) {}

Roots::~Roots() {
    for (auto& [image, known] : images_) cancel(known);
}

void Roots::begin(std::string state_directory) {
    state_directory_ = std::move(state_directory);
    Looks looks = next_looks();
    for (Subject& subject : looks.subjects) subject.look();
    on_looks(looks);
    next_look_->arm(world_.loop.now() + world_.interval);
}

void Roots::cancel(Known& known) {
    if (known.job) known.job->is_cancelled = true;
    known.job.reset();
}

const Roots::Known* Roots::find(const Image& image) const {
    const auto found = images_.find(&image);
    return found == images_.end() || found->second.image.expired() ? nullptr : &found->second;
}

RootView Roots::view(const Image& image) const {
    if (image.access() == storage::Access::writable) {
        return {.reason = "it is written in place, so that no root would stay true"};
    }
    const Known* const known = find(image);
    if (known == nullptr) return {.state = RootState::waiting};
    if (!known->fault.empty()) {
        return {.state = known->is_unfit ? RootState::none : RootState::failed,
                .reason = known->fault};
    }
    if (std::string root = root_of(image); !root.empty()) {
        return {.state = RootState::known, .root = std::move(root)};
    }
    if (!known->job) return {.state = RootState::waiting};
    return {.state = RootState::computing, .done_bytes = known->job->done_bytes};
}

std::string Roots::root_of(const Image& image) const {
    const Known* const known = find(image);
    if (known == nullptr || !known->root) return {};
    const auto now = image.version(Asking::nobody);
    return now && *now == known->root->version ? text_of(known->root->root) : std::string();
}

// Each image once, also where several exports have it.
std::vector<Roots::Subject> Roots::subjects() const {
    std::vector<Subject> subjects;
    const auto add = [&](const export_::ExportTable::Entry& entry, const auto& target,
                         bool former) {
        const auto& image = target->shared_image();
        if (image->access() == storage::Access::writable) return;
        subjects.push_back({.export_name = entry.name,
                            .image_id = target->image_id(),
                            .image = image,
                            .is_former = former});
    };
    for (const auto& entry : world_.exports.entries()) {
        if (entry.target) add(entry, entry.target, false);
        for (const auto& former : entry.former) add(entry, former, true);
    }
    return subjects;
}

Roots::Looks Roots::next_looks() const {
    Looks looks{.subjects = subjects()};
    for (Subject& subject : looks.subjects) {
        const Known* const known = find(*subject.image);
        subject.wants_kept = known == nullptr || !known->has_looked_for_kept;
        // The name of a former image is the present one's, or goes away with it.
        subject.place = {.image_path = subject.is_former ? "" : subject.image->path(),
                         .image_id = subject.image_id,
                         .state_directory = state_directory_};
    }
    return looks;
}

// The next one begins when this one is done: a file system that hangs holds up one worker.
void Roots::look() {
    auto looks = std::make_shared<Looks>(next_looks());
    world_.pool.submit({.work =
                            [looks] {
                                for (Subject& subject : looks->subjects) subject.look();
                            },
                        .done =
                            [this, looks] {
                                on_looks(*looks);
                                next_look_->arm(world_.loop.now() + world_.interval);
                            },
                        .pace = storage::WorkerPool::Pace::slow,
                        .party = this});
}

void Roots::on_looks(const Looks& looks) {
    Images before = std::exchange(images_, {});
    for (const Subject& subject : looks.subjects) {
        if (images_.contains(subject.image.get())) continue;
        Known known;
        if (auto found = before.extract(subject.image.get())) known = std::move(found.mapped());
        known.export_name = subject.export_name;
        known.image = subject.image;
        known.place = subject.place;
        on_look(images_.emplace(subject.image.get(), std::move(known)).first->second, subject);
    }
    for (auto& [image, gone] : before) cancel(gone);
}

void Roots::on_look(Known& known, const Subject& subject) {
    if (subject.version) {
        known.has_looked_for_kept = true;
        return on_version(known, subject, *subject.version);
    }
    cancel(known);
    known.root.reset();
    known.seen.reset();
    known.fault = subject.version.error().message();
    known.is_unfit = subject.version.error().code == EOPNOTSUPP;
}

void Roots::on_version(Known& known, const Subject& subject, const FileVersion& version) {
    const bool is_as_before = std::exchange(known.seen, version) == version;
    if (known.root && known.root->version == version) return;
    if (known.root) {
        world_.log.info(cat("export '", base::printable(known.export_name),
                            "': ", subject.image->path(),
                            " has changed: its Merkle root is computed anew"));
        known.root.reset();
    }
    if (subject.kept) {
        known.fault.clear();
        known.root = subject.kept;
        return;
    }
    if (known.job && known.job->version == version) return;
    cancel(known);
    const bool waits = !known.fault.empty() && is_as_before && world_.loop.now() < known.again;
    if (waits || !is_as_before) return;
    known.fault.clear();
    if (!take_from_twin(known, version)) start(known, version);
}

// The same file, opened for another export. While it is being read there, this one waits.
bool Roots::take_from_twin(Known& known, const FileVersion& version) {
    const auto image = known.image.lock();
    for (const auto& [other, twin] : images_) {
        if (&twin == &known || twin.image.expired()) continue;
        if (!other->opened_as().same_file(image->opened_as())) continue;
        if (twin.root && twin.root->version == version) {
            known.root = twin.root;
            return true;
        }
        if (twin.job && twin.job->version == version) return true;
    }
    return false;
}

void Roots::start(Known& known, const FileVersion& version) {
    auto job = std::make_shared<Job>();
    job->image = known.image.lock();
    job->place = known.place;
    job->version = version;
    known.job = job;
    world_.idle_pool.submit({.work = [job] { job->run(); },
                             .done = [this, job] { on_done(job); },
                             .pace = storage::WorkerPool::Pace::slow,
                             .party = this});
}

void Roots::on_done(const std::shared_ptr<Job>& job) {
    const auto found = images_.find(job->image.get());
    if (found == images_.end() || found->second.job != job) return;
    Known& known = found->second;
    known.job.reset();
    if (job->root) {
        known.root = KeptRoot{.version = job->version, .root = *job->root};
        return tell(known, *job);
    }
    const Error& error = job->root.error();
    if (error.code == ECANCELED) return;  // the next look sees what it was changed to
    known.fault = error.message();
    known.again = world_.loop.now() + kFaultPause;
    world_.log.warning(cat("export '", base::printable(known.export_name),
                           "': Merkle root: ", known.fault, "; tried again in ",
                           kFaultPause / std::chrono::minutes(1), " min"));
}

void Roots::tell(const Known& known, const Job& job) const {
    const auto took_ms = world_.loop.now() - job.began;
    world_.log.info(cat("export '", base::printable(known.export_name), "': ", job.image->path(),
                        ", ", base::human_size(job.image->size_bytes()), ": ", text_of(*job.root),
                        ", computed in ", took_ms / std::chrono::seconds(1), " s",
                        job.kept_at ? cat(", kept in ", *job.kept_at) : ""));
    if (job.kept_at) return;
    world_.log.warning(cat(job.kept_at.error().message(),
                           "; the Merkle root is computed again when the server begins anew"));
}

}  // namespace nbdroot::server::merkle
