// Files of a root file system that is not yet "/": symbolic links are followed inside it, absolute
// ones too. Before Linux 5.6 nothing does that: a path whose last part is a link is an Error then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// FLAGS: of open(2), O_CLOEXEC is added.
[[nodiscard]] Result<Fd> open_in_root(const std::string& root, const std::string& path,
                                      std::uint64_t flags);

// False: there is none. An Error: what is there is no regular file.
[[nodiscard]] Result<bool> has_file_in_root(const std::string& root, const std::string& path);

// The whole of a small regular file.
[[nodiscard]] Result<std::string> read_text_in_root(const std::string& root,
                                                    const std::string& path,
                                                    std::size_t maximum = 1 << 20);

// The names in a directory, sorted, without those that begin with a dot.
[[nodiscard]] Result<std::vector<std::string>> list_in_root(const std::string& root,
                                                            const std::string& path);

enum class Cover { writable, read_only };

// Mounts the file SOURCE over the regular file PATH of ROOT, and gives it the owner, group and mode
// of that; nothing of ROOT is written.
[[nodiscard]] Result<void> cover_in_root(const std::string& source, const std::string& root,
                                         const std::string& path, Cover cover);

}  // namespace nbdroot::sys
