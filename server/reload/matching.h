// Which of the exports that live go on under a new configuration. Pure.
//
// The same image stays the same export, with its door and whoever writes: two exports of one image
// would each let a writer in. What cannot be both, new settings and the old writers, is a
// complaint: nobody is disconnected by a reload.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/sys/file_stamp.h"
#include "server/config/overlay_config.h"
#include "server/storage/image.h"

namespace nbdroot::server::reload {

// An export as one configuration has it: what decides whether another is the same.
struct Shape {
    std::string name{};
    std::string path{};
    sys::FileStamp file{};  // when it was opened
    storage::Access access = storage::Access::read_only;
    bool shared = false;
    bool has_overlays = false;  // its clients write over it
    std::string image_id{};
};

struct Living {
    Shape shape;
    std::vector<std::string> users{};  // clients, for messages; over an overlay too
    bool is_base = false;              // overlays lie on it, or may: also those of nobody who is in
};

// What becomes of a wanted export.
struct Match {
    std::optional<std::size_t> kept{};  // it is this living one
    // Or it is new, and this living one, which nobody uses, has to give up its claim on the image.
    std::optional<std::size_t> predecessor{};
    std::string complaint{};  // or it cannot be; else empty

    bool operator==(const Match&) const = default;
};

// One for each of WANTED, in order. Neither has two writable exports of one file.
[[nodiscard]] std::vector<Match> match(std::span<const Shape> wanted,
                                       std::span<const Living> living);

// WANTED is a pattern, whose images are opened later: what stands in its way among those that
// clients have open under its name; empty: nothing.
[[nodiscard]] std::string pattern_complaint(const Shape& wanted, std::span<const Living> living);

// Export NAME has overlays as of NOW, with which USERS are connected: why they cannot be as WANTED;
// empty: they can. A machine that comes back would find another disk, or none.
[[nodiscard]] std::string overlay_complaint(const std::string& name,
                                            const config::OverlayConfig& now,
                                            const config::OverlayConfig& wanted,
                                            const std::vector<std::string>& users);

}  // namespace nbdroot::server::reload
