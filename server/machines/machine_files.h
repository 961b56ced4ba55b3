// The files of machines' overlays in a directory. All of it waits for the disk.
//
//   STEM.data, STEM.map   an overlay (docs/overlay-format.md)
//   STEM.boots            which boots have written to it (export/boot_tokens.h)
//   STEM.reset            what the overlay says is given up, at the machine's next boot
//
// STEM is "temporary-" or "persistent-" and a digest: no name of a client's becomes one of a file.
// Whose overlay it is stands in the map, and is compared when it is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "server/config/overlay_config.h"

namespace nbdroot::server::machines {

inline constexpr std::string_view kMapEnding = ".map";
inline constexpr std::string_view kDataEnding = ".data";
inline constexpr std::string_view kBootsEnding = ".boots";

// Of the overlay that the file NAME belongs to; nothing: of none.
[[nodiscard]] std::optional<config::OverlayKind> kind_of(std::string_view name);

// Of an overlay.
struct Owner {
    config::OverlayKind kind = config::OverlayKind::temporary;
    std::string export_name{};
    std::string machine{};
    // Of a machine that has named itself: empty. An overlay of one boot alone has no other name.
    std::string boot_token{};

    // "debian/5254", for messages.
    [[nodiscard]] std::string text() const;
    // "machine 'debian/5254'", the same.
    [[nodiscard]] std::string in_words() const;
};

[[nodiscard]] std::string stem_of(const std::string& directory, const Owner& owner);

[[nodiscard]] std::string boots_path(const std::string& stem);
[[nodiscard]] std::string reset_path(const std::string& stem);

// An overlay that is there.
struct FoundOverlay {
    std::string stem{};
    Owner owner{};  // without the boot's token: a digest does not lead back to it
    std::string image_id{};
    std::uint64_t used_bytes = 0;
    bool reset_pending = false;
    std::string boot_token{};  // that wrote last; empty: not known
};

struct FoundOverlays {
    std::vector<FoundOverlay> overlays{};
    std::vector<std::string> aside{};   // paths of what is to be deleted (aside.h)
    std::vector<std::string> faults{};  // one line for each file that is not what it should be
};

// What there is in DIRECTORY. What nobody needs is removed (clear_up).
[[nodiscard]] Result<FoundOverlays> find_overlays(const std::string& directory);

// A file of the overlay is there. An Error: nobody can tell.
[[nodiscard]] Result<bool> has_files(const std::string& stem);

// It is gone, also after a crash, but for what has been put aside, if that is not empty. An Error:
// perhaps not, and it may be tried again. EBUSY: another process has it open.
Result<std::string> remove_overlay(const std::string& stem, config::OverlayKind kind);

Result<void> mark_for_reset(const std::string& stem);

}  // namespace nbdroot::server::machines
