// One image takes the name of another, which keeps a name beside it: the files' part of promote.
//
//   sync NEW ─► link IMAGE as IMAGE.ID.former ─► sync directory ─► rename NEW to IMAGE ─► sync it
//
// Wherever this is cut off, IMAGE is the old file or the new one, whole, and the old one has a
// name. What is left over of a swap that did not happen is a second name of IMAGE, which the next
// start removes (former_files.h).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/file_stamp.h"
#include "server/storage/image.h"

namespace nbdroot::server::promote {

struct ServedFile {
    std::string export_name{};
    sys::FileStamp file{};
};

struct FormerFile {
    std::string image_id{};
    std::string path{};
    sys::FileStamp file{};
};

struct SwapOrder {
    std::string image_path{};
    std::string new_path{};
    sys::FileStamp present{};  // what is served from image_path
    std::string present_id{};
    std::vector<ServedFile> others{};  // of other images
    std::vector<FormerFile> formers{};
    std::size_t exports = 1;  // that serve it: each gets an image of its own
};

struct Swapped {
    std::vector<storage::Image> images{};  // as many as there are exports
    std::string image_id{};
    std::string former_path{};
    std::string warning{};  // it is done, and may not survive a power cut; else empty
};

// Waits for the disk. An Error: nothing has changed.
[[nodiscard]] Result<Swapped> swap_image(const SwapOrder& order);

}  // namespace nbdroot::server::promote
