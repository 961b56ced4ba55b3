// What a server of this project says in the description of an export (NBD_INFO_DESCRIPTION): its
// software, and what the image holds, to the last byte: "nbd-rootserver 0.1.0; image
// merkle-sha256-64k:" and 64 hexadecimal digits. docs/merkle-root.md
#pragma once

#include <string>
#include <string_view>

namespace nbdroot::protocol::nbd {

// Before the digits: how they were computed. Other forms prove nothing about this one.
inline constexpr std::string_view kImageRootForm = "merkle-sha256-64k:";
inline constexpr std::size_t kImageRootDigits = 64;

inline constexpr std::string_view kServerSoftware = "nbd-rootserver ";  // a version follows
inline constexpr std::size_t kLongestVersion = 32;

struct ExportDescription {
    std::string software = {};    // "nbd-rootserver 0.1.0"; empty: not told
    std::string image_root = {};  // with its form; empty: not told

    bool operator==(const ExportDescription&) const = default;
};

[[nodiscard]] std::string to_text(const ExportDescription& description);

// Whatever TEXT is: an operator may describe an export of another server in any words. The software
// is what it begins with, up to its end or a semicolon; a root may be any of its words.
[[nodiscard]] ExportDescription parse_export_description(std::string_view text);

}  // namespace nbdroot::protocol::nbd
