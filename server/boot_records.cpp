#include "server/boot_records.h"

#include <string_view>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_list.h"
#include "lib/sys/file_stamp.h"
#include "server/merkle/kept_root.h"

namespace nbdroot::server {
namespace {

constexpr std::string_view kSuffix = ".boots";

}  // namespace

std::string boot_record_path(const std::string& directory, const std::string& image_id) {
    return cat(directory, '/', image_id, kSuffix);
}

Result<std::size_t> forget_boot_records(const std::string& directory,
                                        const std::set<std::string>& in_use, std::int64_t now_ns) {
    const std::int64_t oldest_ns = now_ns - std::chrono::nanoseconds(kBootRecordKept).count();
    std::size_t forgotten = 0;
    for (const std::string& name : NBDROOT_TRY(sys::list_files(directory))) {
        const bool is_root = name.ends_with(merkle::kKeptSuffix);
        if (!name.ends_with(kSuffix) && !is_root) continue;
        if (in_use.contains(name.substr(0, name.rfind('.')))) continue;
        const std::string path = cat(directory, '/', name);
        const auto stamp = sys::stamp_at(path);
        if (!stamp || stamp->modified_ns >= oldest_ns) continue;
        sys::remove_file(path);
        if (!is_root) ++forgotten;
    }
    return forgotten;
}

}  // namespace nbdroot::server
