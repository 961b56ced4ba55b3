// The view of an overlay as a file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/interrupts.h"
#include "server/ctl/overlay_job.h"
#include "server/storage/image.h"
#include "server/storage/overlay/view.h"

namespace nbdroot::server::ctl {

struct CopySource {
    std::string overlay{};   // path without endings
    std::string image{};     // path of what it was written over
    std::string image_id{};  // that a configuration has given it; empty: the one of its contents
    // A server that has the overlay open though nobody uses it lets go of it within that time.
    Duration patience{};
};

// With the overlay locked for as long as it lives.
struct OpenSource {
    std::shared_ptr<const storage::Image> image;
    storage::overlay::View view;
};
[[nodiscard]] Result<OpenSource> open_source(const CopySource& source, sys::Interrupts& interrupts);

struct CopyTarget {
    std::string path{};
    OverlayJob::Format format = OverlayJob::Format::raw;
    bool is_image = false;  // it is to be served: whoever may read the old image may read it too
};
// On the disk when it returns. After an Error, or an interrupt, there is nothing of it.
[[nodiscard]] Result<void> copy_overlay(const OpenSource& source, const CopyTarget& target,
                                        sys::Interrupts& interrupts);

}  // namespace nbdroot::server::ctl
