#include "server/merkle/kept_files.h"

#include <cerrno>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server::merkle {
namespace {

Result<void> check_ours(const std::string& path) {
    const auto text = sys::read_text_file(path, kLongestKept);
    if (!text && text.error().code == ENOENT) return {};
    if (text && (text->empty() || is_kept_root(*text))) return {};
    return fail("keep a Merkle root in", path, "another file has this name");
}

Result<void> keep_at(const std::string& path, const KeptRoot& kept) {
    NBDROOT_CHECK(check_ours(path));
    return sys::replace_file_durably(path, to_text(kept));
}

}  // namespace

std::vector<std::string> KeptPlace::paths() const {
    std::vector<std::string> paths;
    if (!image_path.empty()) paths.push_back(cat(image_path, kKeptSuffix));
    if (!state_directory.empty()) {
        paths.push_back(cat(state_directory, '/', image_id, kKeptSuffix));
    }
    return paths;
}

std::optional<KeptRoot> find_kept_root(const KeptPlace& place, const sys::FileVersion& version) {
    for (const std::string& path : place.paths()) {
        const auto text = sys::read_text_file(path, kLongestKept);
        if (!text) continue;
        const auto kept = parse_kept_root(*text);
        if (kept && kept->version == version) return *kept;
    }
    return std::nullopt;
}

Result<std::string> keep_root(const KeptPlace& place, const KeptRoot& kept) {
    Result<std::string> outcome =
        fail("keep", "the Merkle root", "there is no place for it: no state directory");
    for (const std::string& path : place.paths()) {
        const auto done = keep_at(path, kept);
        if (done) return path;
        outcome = tl::unexpected(done.error());
    }
    return outcome;
}

}  // namespace nbdroot::server::merkle
