#include "agent/handover/run_files.h"

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::handover {
namespace {

constexpr const char* kCovers = "/run/nbdroot/etc";
constexpr std::string_view kEtc = "/etc";

}  // namespace

Result<void> write_run_file(const std::string& path, std::string_view text, mode_t mode) {
    NBDROOT_CHECK(sys::make_directories(path.substr(0, path.rfind('/'))));
    return sys::replace_file(path, text, mode);
}

Result<void> cover_file(const std::string& root, const std::string& path, std::string_view text,
                        sys::Cover cover) {
    const bool has_file = NBDROOT_TRY(sys::has_file_in_root(root, path));
    if (!has_file) return {};
    const bool is_in_etc = path.starts_with(kEtc);
    const std::string source = cat(kCovers, is_in_etc ? path.substr(kEtc.size()) : path);
    NBDROOT_CHECK(write_run_file(source, text));
    return sys::cover_in_root(source, root, path, cover);
}

}  // namespace nbdroot::agent::handover
