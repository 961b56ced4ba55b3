#include "server/config/config_files.h"

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_list.h"

namespace nbdroot::server::config {

Result<std::vector<IncludedFile>> read_included_files(const std::string& directory) {
    std::vector<IncludedFile> files;
    for (const std::string& name : NBDROOT_TRY(sys::list_files(directory))) {
        if (!name.ends_with(".conf")) continue;
        std::string path = cat(directory, directory.ends_with('/') ? "" : "/", name);
        auto text = sys::read_text_file(path);
        files.push_back({std::move(path), std::move(text)});
    }
    return files;
}

Result<ParsedConfig> read_config(const std::string& file) {
    const std::string text = NBDROOT_TRY(sys::read_text_file(file));
    return parse_ini_config(text, file, read_included_files);
}

}  // namespace nbdroot::server::config
