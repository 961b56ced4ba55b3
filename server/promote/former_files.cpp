#include "server/promote/former_files.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file_list.h"
#include "lib/sys/file_names.h"
#include "server/promote/former_name.h"
#include "server/storage/image_id.h"

namespace nbdroot::server::promote {
namespace {

using storage::Image;

Result<FormerImage> open_former(const std::string& path, const std::string& id, const IdOf& known) {
    Image image = NBDROOT_TRY(Image::open(path, storage::Access::read_only));
    std::optional<std::string> found = known ? known(image) : std::nullopt;
    if (!found) found = NBDROOT_TRY(storage::image_id_of(image));
    if (*found != id) {
        return fail("use", path,
                    cat("its contents have the id ", *found,
                        ", not the one of its name; boots "
                        "that began on that are refused, the file is left alone"));
    }
    return FormerImage{.image = std::move(image), .image_id = id};
}

std::int64_t replaced_at(const FormerImage& one) {
    return sys::names_changed_ns(one.image.path()).value_or(0);
}

void sort(std::vector<FormerImage>& images) {
    std::vector<std::pair<std::int64_t, FormerImage>> dated;
    dated.reserve(images.size());
    for (FormerImage& one : images) {
        const std::int64_t at = replaced_at(one);
        dated.emplace_back(at, std::move(one));
    }
    std::stable_sort(dated.begin(), dated.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    images.clear();
    for (auto& [at, one] : dated) images.push_back(std::move(one));
}

}  // namespace

FormerFiles find_former_files(const Image& present, const IdOf& known) {
    FormerFiles found;
    const std::string directory = directory_of(present.path());
    const auto names = sys::list_files(directory);
    if (!names) {
        // Whoever may not list a directory has never put a former image there.
        if (names.error().code != EACCES) found.warnings.push_back(names.error().message());
        return found;
    }
    for (const std::string& name : *names) {
        const auto id = id_of_former(name, name_of(present.path()));
        if (!id) continue;
        const std::string path = former_path(present.path(), *id);
        auto former = open_former(path, *id, known);
        if (!former) {
            found.warnings.push_back(former.error().message());
        } else if (former->image.opened_as().same_file(present.opened_as())) {
            found.leftovers.push_back(path);
        } else {
            found.images.push_back(std::move(*former));
        }
    }
    sort(found.images);
    return found;
}

}  // namespace nbdroot::server::promote
