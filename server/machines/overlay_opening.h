// From a machine that is let in to its overlay: which one, on which image. Waits for the disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "server/machines/machine_files.h"
#include "server/storage/image.h"
#include "server/storage/overlay/overlay.h"

namespace nbdroot::server::machines {

// An image that overlays of an export may lie on.
struct Base {
    std::string image_id{};
    std::shared_ptr<const storage::Image> image{};
};

struct OverlayOpening {
    enum class Wish {
        fresh,  // an empty one on the newest image, whatever is there
        kept,   // the one that is there, on its own image; where there is none, a fresh one
        same    // the one that is there, on WANTED_IMAGE_ID, or none
    };
    Wish wish = Wish::fresh;
    std::string stem{};
    Owner owner{};
    std::vector<Base> bases{};  // the newest first, at least that one
    std::string wanted_image_id{};
};

struct OpenedOverlay {
    std::shared_ptr<storage::overlay::Overlay> overlay{};
    Base base{};
};

struct Attempt {
    // The reason of an Error is for the client, and has no path.
    Result<OpenedOverlay> opened;
    // After an Error. Everything is as it was; else what was to be replaced has gone, or may have.
    bool is_as_before = true;
    bool has_files = true;  // an overlay is there, or something of one, or nobody can tell
    std::string aside{};    // what was replaced, if anything was: to be deleted
};
[[nodiscard]] Attempt try_opening(const OverlayOpening& opening);

}  // namespace nbdroot::server::machines
