#include "server/promote/decision.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "server/promote/former_name.h"
#include "server/promote/formers.h"

namespace nbdroot::server::promote {
namespace {

using export_::Export;
using Entry = export_::ExportTable::Entry;

Failure refuse(const Entry& entry, std::string_view reason) {
    return fail("promote", cat("export '", base::printable(entry.name), "'"), reason);
}

const Entry* find(const export_::ExportTable& table, const std::string& name) {
    for (const Entry& entry : table.entries()) {
        if (entry.name == name) return &entry;
    }
    return nullptr;
}

Result<void> check(const Entry& entry) {
    if (entry.policy->pattern) return refuse(entry, "each address has an image of its own");
    const storage::Image& image = entry.target->image();
    if (image.opened_as().inode == 0) {
        return refuse(entry, cat(image.path(),
                                 " is a block device; only a file's name can be "
                                 "given to another one"));
    }
    if (image.access() == storage::Access::writable) {
        return refuse(entry,
                      "its clients write to the image itself; only exports with overlay, or "
                      "readonly, leave theirs to others");
    }
    if (entry.policy->has_image_id) {
        return refuse(entry,
                      "image-id gives every image that it has the same id, and boots could not be "
                      "told apart; remove that key and reload");
    }
    return {};
}

bool has_same_image(const Entry& entry, const storage::Image& image) {
    return entry.target && entry.target->image().opened_as().same_file(image.opened_as()) &&
           entry.target->image().path() == image.path();
}

class Deciding {
public:
    Deciding(const export_::ExportTable& table,
             const std::function<std::string(const Export&)>& path_of)
        : table_(table), path_of_(path_of) {}

    Result<Decision> run(const Order& order) {
        const Entry* const asked = find(table_, order.export_name);
        if (asked == nullptr) {
            return fail("promote", cat("export '", base::printable(order.export_name), "'"),
                        "there is none of that name");
        }
        NBDROOT_CHECK(check(*asked));
        const storage::Image& image = asked->target->image();
        decision_.swap.image_path = image.path();
        decision_.swap.present = image.opened_as();
        decision_.swap.present_id = asked->target->image_id();
        for (const Entry& entry : table_.entries()) NBDROOT_CHECK(take(entry, image));
        decision_.swap.exports = decision_.exports.size();
        decision_.swap.new_path = NBDROOT_TRY(new_path(*asked, order));
        NBDROOT_CHECK(check_room(*asked));
        return std::move(decision_);
    }

private:
    Result<void> take(const Entry& entry, const storage::Image& image) {
        if (!has_same_image(entry, image)) {
            if (!entry.target) return {};
            NBDROOT_CHECK(check_path(entry, image));
            decision_.swap.others.push_back(
                {.export_name = entry.name, .file = entry.target->image().opened_as()});
            for (const auto& one : entry.former) {
                if (path_of_(*one).empty()) continue;
                decision_.swap.others.push_back(
                    {.export_name = entry.name, .file = one->image().opened_as()});
            }
            return {};
        }
        NBDROOT_CHECK(check(entry));
        decision_.exports.push_back(entry.name);
        for (const auto& one : entry.former) {
            const std::string path = path_of_(*one);
            const auto& known = decision_.swap.formers;
            const bool is_known = std::any_of(known.begin(), known.end(),
                                              [&](const auto& file) { return file.path == path; });
            if (path.empty() || is_known) continue;
            decision_.swap.formers.push_back(
                {.image_id = one->image_id(), .path = path, .file = one->image().opened_as()});
        }
        return {};
    }

    // What boots of ENTRY began on would be looked for beside its own path.
    static Result<void> check_path(const Entry& entry, const storage::Image& image) {
        const storage::Image& other = entry.target->image();
        if (!other.opened_as().same_file(image.opened_as())) return {};
        return refuse(entry, cat("it has the image that is to be replaced under another path, ",
                                 other.path(), "; let both exports say the same path, and reload"));
    }

    // One that comes back makes room for the one that goes.
    [[nodiscard]] Result<void> check_room(const Entry& asked) const {
        const auto& known = decision_.swap.formers;
        const auto staying = std::count_if(known.begin(), known.end(), [&](const FormerFile& one) {
            return one.path != decision_.swap.new_path;
        });
        if (static_cast<std::size_t>(staying) < Formers::kMostNamed) return {};
        return refuse(asked, cat("it has ", staying,
                                 " former images, and no more are kept: each goes overlay-linger "
                                 "after the last boot and overlay that need it (nbd-rootserverctl "
                                 "exports, overlay list, overlay drop)"));
    }

    [[nodiscard]] Result<std::string> new_path(const Entry& entry, const Order& order) const {
        if (order.new_path) {
            const std::string name = name_of(*order.new_path);
            const std::string own = name_of(entry.target->image().path());
            if (!is_former_name(name) || id_of_former(name, own)) return *order.new_path;
            return fail("promote", *order.new_path,
                        "is named as a former image of another one, whose boots and overlays may "
                        "need it; rollback gives it back to the export of that one: promote a copy "
                        "of another name");
        }
        for (const auto& one : entry.former) {
            std::string path = path_of_(*one);
            if (!path.empty()) return path;
        }
        return refuse(entry, "there is no former image to go back to");
    }

    const export_::ExportTable& table_;
    const std::function<std::string(const Export&)>& path_of_;
    Decision decision_;
};

}  // namespace

Result<Decision> decide(const export_::ExportTable& table, const Order& order,
                        const std::function<std::string(const Export&)>& path_of) {
    return Deciding(table, path_of).run(order);
}

}  // namespace nbdroot::server::promote
