// What files of a directory are called, and that they still are after a crash.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// PATH from the root directory on: another process may stand elsewhere. Links stay.
[[nodiscard]] std::string absolute_path(const std::string& path);

// rename(2): TO, if there is one, is gone.
Result<void> rename_file(const std::string& from, const std::string& to);

// The same, but an Error with EEXIST where there is a TO.
Result<void> rename_to_new_name(const std::string& from, const std::string& to);

// link(2): FROM is also called TO, which must not be there yet.
Result<void> link_file(const std::string& from, const std::string& to);

// The same of the open file FD. One whose last name is gone cannot get another (ENOENT).
Result<void> link_open_file(int fd, const std::string& to);

// unlink(2); it need not be there.
Result<void> unlink_file(const std::string& path);

// How many names the file at PATH has (st_nlink).
Result<std::uint64_t> count_names(const std::string& path);

// Nobody else who asks so gives names in the directory PATH while the descriptor is open
// (flock(2)). An Error with EWOULDBLOCK: somebody else does; any other: the file system has no such
// locks.
Result<Fd> lock_directory(const std::string& path);

// Names that were made, changed and removed in the directory are so on the medium.
Result<void> sync_directory(const std::string& path);

// When a name of the file at PATH was made or removed the last time, or its mode changed
// (st_ctime).
Result<std::int64_t> names_changed_ns(const std::string& path);

}  // namespace nbdroot::sys
