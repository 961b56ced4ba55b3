#include "server/promote/former_removal.h"

#include "lib/sys/file_names.h"
#include "lib/sys/file_stamp.h"
#include "server/promote/former_name.h"

namespace nbdroot::server::promote {

Result<void> remove_leftover(const std::string& name, const std::string& image_path) {
    const auto lock = NBDROOT_TRY(sys::lock_directory(directory_of(image_path)));
    return unlink_second_name(name, image_path);
}

Result<void> unlink_second_name(const std::string& name, const std::string& image_path) {
    const auto file = NBDROOT_TRY(sys::stamp_at(name));
    const auto image = NBDROOT_TRY(sys::stamp_at(image_path));
    if (!file.same_file(image) || NBDROOT_TRY(sys::count_names(name)) < 2) {
        return fail("remove", name, "it is no second name of the image any more, left alone");
    }
    return sys::unlink_file(name);
}

}  // namespace nbdroot::server::promote
