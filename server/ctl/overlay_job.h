// What nbd-rootserverctl does itself with the files of an overlay, as the command line has it.
// Pure.
//
// Not the server: under its systemd unit it may write nowhere but in its own directories.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::server::ctl {

struct OverlayJob {
    enum class Kind { commit, export_, check };
    enum class Format { raw, qcow2 };

    Kind kind = Kind::check;
    // commit and export: whose overlay; the server says where it lies. Or the files themselves.
    std::string export_name{};
    std::string machine{};
    std::optional<std::string> overlay{};  // path without the endings of its two files
    std::string image{};
    std::string image_id{};  // that the configuration gives IMAGE; empty: the one it has by itself
    std::string file{};      // check: what to look at; else what to make
    Format format = Format::raw;

    bool operator==(const OverlayJob&) const = default;
};

// The options that only such a job takes, where they were given.
struct OverlaySettings {
    std::optional<std::string> overlay{};
    std::optional<std::string> image{};
    std::optional<std::string> image_id{};
    std::optional<std::string> format{};

    // Where the option NAME is kept; null: it is none of these.
    [[nodiscard]] std::optional<std::string>* find(const std::string& name);
    // Of those that are there, one; empty: none is.
    [[nodiscard]] std::string any() const;
};

// WORDS: "commit", "export" or "check", and what follows it. Nothing: another word.
[[nodiscard]] Result<std::optional<OverlayJob>> parse_overlay_job(
    const std::vector<std::string>& words, const OverlaySettings& settings);

// "/x/ab12", "/x/ab12.map" and "/x/ab12.data" are one overlay: the first of them.
[[nodiscard]] std::string stem_of(const std::string& path);

}  // namespace nbdroot::server::ctl
