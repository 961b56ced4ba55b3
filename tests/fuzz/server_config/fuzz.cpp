// The configuration's parsers: any text gives a configuration or complaints, never both empty.
//
// The input is the main file, then included ones, with zero bytes between them; each is read as an
// allow file too.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "server/config/allow_file.h"
#include "server/config/ini_config.h"

using namespace nbdroot::server::config;

namespace {

void check_export(const ExportConfig& target) {
    NBDROOT_ASSERT(!target.path.empty());
    if (!target.pattern) return;
    NBDROOT_ASSERT(target.image_id.empty() && target.path.find("%s") != std::string::npos);
    const HostAddress v4 = parse_host_address("10.1.2.3").value();
    const std::string path = expand_path(target.path, *target.pattern, v4);
    NBDROOT_ASSERT(path.find("10") != std::string::npos);
    NBDROOT_ASSERT(!expand_path(target.path, *target.pattern, HostAddress{}).empty());
}

void check_allow_file(std::string_view text) {
    const ParsedAllowFile parsed = parse_allow_file(text, "a");
    for (const auto& complaint : parsed.complaints) NBDROOT_ASSERT(complaint.starts_with("a:"));
    for (const AddressRange& range : parsed.allow.ranges) NBDROOT_ASSERT(range.has(range.first));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    std::vector<IncludedFile> files;
    for (const std::string_view text : nbdroot::base::split(input, '\0')) {
        check_allow_file(text);
        files.push_back({"f", std::string(text)});
    }
    const std::string text = *files.front().text;
    files.erase(files.begin());
    const auto parsed = parse_ini_config(
        text, "f",
        [&](const auto&) -> nbdroot::Result<std::vector<IncludedFile>> { return files; });
    for (const auto& complaint : parsed.complaints) NBDROOT_ASSERT(complaint.starts_with("f:"));
    for (const auto& note : parsed.notes) NBDROOT_ASSERT(note.starts_with("f:"));
    if (!parsed.complaints.empty()) return 0;
    const Config& config = parsed.config;
    NBDROOT_ASSERT(!config.exports.empty());
    NBDROOT_ASSERT(!config.listen.empty() || !config.unix_sockets.empty());
    for (const ExportConfig& target : config.exports) check_export(target);
    return 0;
}
