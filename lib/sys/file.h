// Files: open, read whole, write whole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// open(2) with O_CLOEXEC added. FLAGS and MODE as there.
Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0);

// The whole of a small file (/proc, /sys, configuration); more than MAXIMUM bytes is an error.
Result<std::string> read_text_file(const std::string& path, std::size_t maximum = 1 << 20);

// One write(2) of TEXT to an existing file (/sys, /proc); O_WRONLY, no create.
Result<void> write_control_file(const std::string& path, std::string_view text);

// Replaces PATH with TEXT by way of a temporary file and rename(2): readers see old or new.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode = 0644);

// The same, and on the disk when it returns: after a crash PATH has the old text or the new.
Result<void> replace_file_durably(const std::string& path, std::string_view text,
                                  mode_t mode = 0644);

// All of BYTES to FD, over short writes and EINTR.
Result<void> write_all(int fd, ByteView bytes, const std::string& object);

// TEXT in exactly one write(2): /dev/kmsg takes each as a record of its own.
Result<void> write_once(int fd, std::string_view text, const std::string& object);

// readlink(2).
Result<std::string> read_link(const std::string& path);

// unlink(2); it need not be there.
void remove_file(const std::string& path);

// rmdir(2); it need not be there, nor be empty.
void remove_directory(const std::string& path);

// What FD, which does not block, has now; empty: nothing.
[[nodiscard]] std::string read_now(int fd);

[[nodiscard]] bool path_exists(const std::string& path);

// What PATH leads to is a socket.
[[nodiscard]] bool is_socket(const std::string& path);

// Files can be made in it.
[[nodiscard]] bool is_writable_directory(const std::string& path);

// mkdir(2); an Error with EEXIST: it is there already.
Result<void> make_directory(const std::string& path, mode_t mode = 0755);

// mkdir(2) of PATH and every missing parent.
Result<void> make_directories(const std::string& path, mode_t mode = 0755);

// Owner, group and mode of FROM for TO.
[[nodiscard]] Result<void> copy_access(const std::string& from, const std::string& to);

}  // namespace nbdroot::sys
