#include "server/reload/matching.h"

#include <set>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server::reload {
namespace {

using storage::Access;

constexpr std::size_t kNamedUsers = 3;

bool writes(const Shape& shape) { return shape.access == Access::writable; }

// Clients who come to one find what clients of the other have.
bool is_same(const Shape& one, const Shape& other) {
    if (one.access != other.access || one.image_id != other.image_id || one.path != other.path) {
        return false;
    }
    if (writes(one))
        return one.file.same_file(other.file) && one.shared == other.shared &&
               one.file.size_bytes == other.file.size_bytes;
    return one.file == other.file;  // nobody has modified it
}

// Its clients can go on as they are: it is longer or shorter, or has another path.
bool is_near(const Shape& wanted, const Shape& living) {
    return writes(wanted) && writes(living) && wanted.image_id == living.image_id &&
           wanted.shared == living.shared;
}

std::string named(const std::vector<std::string>& users) {
    std::string text;
    for (std::size_t i = 0; i < users.size() && i < kNamedUsers; ++i) {
        text += cat(i == 0 ? "" : ", ", users[i]);
    }
    if (users.size() > kNamedUsers) text += cat(" and ", users.size() - kNamedUsers, " more");
    return text;
}

std::string in_use(const Shape& wanted, const Living& living) {
    const bool only_sharing = writes(wanted) && writes(living.shape);
    const bool id = wanted.image_id != living.shape.image_id;
    return cat("export '", wanted.name, "': ", wanted.path, " is ",
               writes(living.shape) ? "written" : "read", " by ", named(living.users), "; its ",
               !only_sharing ? "readonly"
               : id          ? "image-id"
                             : "shared",
               " can change when they have left (nbd-rootserverctl drain ",
               living.shape.name.empty() ? "''" : living.shape.name, ")");
}

std::string over_written(const Shape& wanted, const Living& living) {
    return cat("export '", wanted.name, "': ", wanted.path, " is written by ", named(living.users),
               "; overlays can lie on it when they have left (nbd-rootserverctl drain ",
               living.shape.name.empty() ? "''" : living.shape.name, ")");
}

std::string under_overlays(const Shape& wanted) {
    return cat("export '", wanted.name, "': overlays lie on ", wanted.path,
               ", or cannot be read, and would be worth nothing; it can be written when they have "
               "been dropped (nbd-rootserverctl overlay list, overlay drop)");
}

// WANTED and LIVING have one file, whatever their names: it is not written under overlays.
std::string mixed(const Shape& wanted, const Living& living) {
    const bool is_used = !living.users.empty();
    if (wanted.has_overlays && writes(living.shape) && is_used) return over_written(wanted, living);
    if (!writes(wanted) || writes(living.shape) || !living.is_base) return "";
    return is_used ? in_use(wanted, living) : under_overlays(wanted);
}

class Matching {
public:
    Matching(std::span<const Shape> wanted, std::span<const Living> living)
        : wanted_(wanted), living_(living), matches_(wanted.size()) {}

    std::vector<Match> run() {
        keep_same(true);
        keep_same(false);
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            if (!matches_[i].kept) settle(i);
            for (const Living& one : living_) {
                if (!one.shape.file.same_file(wanted_[i].file)) continue;
                std::string complaint = mixed(wanted_[i], one);
                if (!complaint.empty()) matches_[i] = {.complaint = std::move(complaint)};
            }
        }
        return matches_;
    }

private:
    // Of several that are the same, each keeps its name if it can.
    void keep_same(bool by_name) {
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            for (std::size_t k = 0; k < living_.size() && !matches_[i].kept; ++k) {
                const Shape& shape = living_[k].shape;
                if (taken_.contains(k) || !is_same(wanted_[i], shape)) continue;
                if (by_name && wanted_[i].name != shape.name) continue;
                keep(i, k);
            }
        }
    }

    void keep(std::size_t i, std::size_t k) {
        matches_[i].kept = k;
        taken_.insert(k);
    }

    void settle(std::size_t i) {
        const Shape& wanted = wanted_[i];
        for (std::size_t k = 0; k < living_.size(); ++k) {
            const Shape& shape = living_[k].shape;
            const auto& users = living_[k].users;
            if (!shape.file.same_file(wanted.file) || taken_.contains(k)) continue;
            const bool both_write = writes(wanted) && writes(shape);
            const bool turns = wanted.name == shape.name && writes(wanted) != writes(shape);
            if (!both_write && !turns) continue;
            if (users.empty()) {
                if (writes(shape)) matches_[i].predecessor = k;
            } else if (is_near(wanted, shape)) {
                keep(i, k);
            } else {
                matches_[i].complaint = in_use(wanted, living_[k]);
            }
            if (!users.empty()) return;
        }
    }

    std::span<const Shape> wanted_;
    std::span<const Living> living_;
    std::vector<Match> matches_;
    std::set<std::size_t> taken_;  // of living_
};

}  // namespace

std::vector<Match> match(std::span<const Shape> wanted, std::span<const Living> living) {
    return Matching(wanted, living).run();
}

std::string pattern_complaint(const Shape& wanted, std::span<const Living> living) {
    for (const Living& one : living) {
        const bool alike = one.shape.access == wanted.access &&
                           (!writes(wanted) || one.shape.shared == wanted.shared);
        if (alike || one.users.empty() || one.shape.name != wanted.name) continue;
        Shape image = wanted;
        image.path = one.shape.path;
        image.image_id = one.shape.image_id;
        return in_use(image, one);
    }
    return "";
}

std::string overlay_complaint(const std::string& name, const config::OverlayConfig& now,
                              const config::OverlayConfig& wanted,
                              const std::vector<std::string>& users) {
    const bool stays = now.kind == wanted.kind && now.identity == wanted.identity &&
                       now.directory == wanted.directory;
    if (stays || users.empty()) return "";
    return cat("export '", name, "': ", named(users),
               users.size() == 1 ? " writes to an overlay" : " write to overlays", "; its ",
               now.kind != wanted.kind           ? "overlay"
               : now.identity != wanted.identity ? "identity"
                                                 : "overlay-directory",
               " can change when they have left (nbd-rootserverctl drain ",
               name.empty() ? "''" : name, ")");
}

}  // namespace nbdroot::server::reload
