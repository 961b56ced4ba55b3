#include "server/promote/image_swap.h"

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"
#include "server/promote/former_name.h"
#include "server/promote/former_removal.h"
#include "server/storage/image_id.h"

namespace nbdroot::server::promote {
namespace {

using storage::Image;

constexpr const char* kWhat = "promote";
// storage/image_id.h
constexpr const char* kSameId =
    ". If its contents differ, then only where the id does not look, and boots of both could not "
    "be "
    "told apart: give it another UUID (tune2fs -U random) or disk identifier (sfdisk --disk-id)";

Failure refuse(const std::string& path, std::string_view reason) {
    return fail(kWhat, path, reason);
}

bool is_link(const std::string& path) { return sys::read_link(path).has_value(); }

Result<void> check_present(const SwapOrder& order) {
    if (is_link(order.image_path)) {
        return refuse(order.image_path,
                      "the image's path is a symbolic link: let it lead to the new image (ln -sfn) "
                      "and reload");
    }
    const sys::FileStamp file = NBDROOT_TRY(sys::stamp_at(order.image_path));
    if (file.same_file(order.present)) return {};
    return refuse(order.image_path,
                  "another file lies there than the one that is served: reload first");
}

Result<void> check_new(const SwapOrder& order, const Image& image) {
    const std::string& path = order.new_path;
    const sys::FileStamp& file = image.opened_as();
    if (file.inode == 0) return refuse(path, "a block device; only files can take a file's place");
    if (file.same_file(order.present)) return refuse(path, "is the image that is served already");
    if (file.device != order.present.device) {
        return refuse(path, cat("lies on another file system than ", order.image_path,
                                ", and only a file of the same one takes its place in one step; "
                                "copy it there first"));
    }
    for (const ServedFile& other : order.others) {
        if (!file.same_file(other.file)) continue;
        return refuse(path, cat("is the image of export '", base::printable(other.export_name),
                                "', which would lose it; promote a copy"));
    }
    return image.check_unclaimed();
}

Result<void> check_id(const SwapOrder& order, const Image& image, const std::string& id) {
    if (id == order.present_id) {
        return refuse(order.new_path, cat("has the id of the image that is served, ", id, kSameId));
    }
    for (const FormerFile& former : order.formers) {
        if (former.image_id != id || former.file.same_file(image.opened_as())) continue;
        return refuse(order.new_path, cat("has the id of a former image: promote ", former.path,
                                          " instead if it is a copy of that", kSameId));
    }
    return {};
}

std::string rights_hint(int code) {
    if (code == EROFS) {
        return "; where the server's unit makes it read-only, a drop-in with ReadWritePaths= for "
               "this directory opens it";
    }
    if (code != EACCES && code != EPERM) return "";
    return "; the server's user must be able to write the directory, and own or be able to write "
           "the image";
}

Result<void> with_hint(Result<void> result) {
    if (!result) result.error().reason += rights_hint(result.error().code);
    return result;
}

// It may be there since a swap that was cut off. A copy, which somebody has put back by hand and is
// served now, is replaced by what it is a copy of.
Result<void> make_former(const SwapOrder& order, const std::string& former) {
    const auto made = sys::link_file(order.image_path, former);
    if (made || made.error().code != EEXIST) return with_hint(made);
    const Image there = NBDROOT_TRY(Image::open(former, storage::Access::read_only));
    if (there.opened_as().same_file(order.present)) return {};
    if (NBDROOT_TRY(storage::image_id_of(there)) != order.present_id) {
        return refuse(former, "is there already, with contents that are not those of its name");
    }
    NBDROOT_CHECK(sys::unlink_file(former));
    return with_hint(sys::link_file(order.image_path, former));
}

Result<void> take_name(const SwapOrder& order, const std::string& former) {
    const std::string directory = directory_of(order.image_path);
    // Else another server takes the name that is made here for one that is left over.
    const auto lock = sys::lock_directory(directory);
    if (!lock && lock.error().code == EWOULDBLOCK) {
        return refuse(directory, "another server gives names there just now; ask again");
    }
    NBDROOT_CHECK(make_former(order, former));
    auto taken = sys::sync_directory(directory);
    if (taken) taken = with_hint(sys::rename_file(order.new_path, order.image_path));
    if (!taken) (void)unlink_second_name(former, order.image_path);
    return taken;
}

Result<Image> open_new(const SwapOrder& order) {
    if (is_link(order.new_path)) {
        return refuse(order.new_path, "a symbolic link; name the file that it leads to");
    }
    return Image::open(order.new_path, storage::Access::read_only);
}

}  // namespace

Result<Swapped> swap_image(const SwapOrder& order) {
    Swapped swapped;
    NBDROOT_CHECK(check_present(order));
    for (std::size_t i = 0; i < order.exports; ++i) {
        swapped.images.push_back(NBDROOT_TRY(open_new(order)));
    }
    const Image& image = swapped.images.front();
    for (const Image& one : swapped.images) {
        if (one.opened_as() == image.opened_as()) continue;
        return refuse(order.new_path, "is being changed");
    }
    NBDROOT_CHECK(check_new(order, image));
    swapped.image_id = NBDROOT_TRY(storage::image_id_of(image));
    NBDROOT_CHECK(check_id(order, image, swapped.image_id));
    NBDROOT_CHECK(image.sync());
    swapped.former_path = former_path(order.image_path, order.present_id);
    NBDROOT_CHECK(take_name(order, swapped.former_path));
    const auto synced = sys::sync_directory(directory_of(order.image_path));
    if (!synced) {
        swapped.warning = cat(synced.error().message(),
                              "; after a power cut the image before may "
                              "have its name again");
    }
    for (Image& one : swapped.images) one.set_path(order.image_path);
    return swapped;
}

}  // namespace nbdroot::server::promote
