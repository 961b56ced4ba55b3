// AF_UNIX stream sockets that wait for clients of this machine.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Who may connect, and how many may wait.
struct UnixService {
    mode_t mode = 0600;
    int backlog = 8;
};

// Listens on PATH, which by default only root can connect to; a socket that an earlier process left
// there is replaced. Does not block.
[[nodiscard]] Result<Fd> listen_unix(const std::string& path, const UnixService& service = {});

// It is there, and something else than a socket.
[[nodiscard]] bool is_other_file(const std::string& path);

// Which file PATH is now; nullopt: none.
struct FileNumber {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const FileNumber&) const = default;
};
[[nodiscard]] std::optional<FileNumber> file_number(const std::string& path);

// Gives the file PATH to USER and GROUP.
[[nodiscard]] Result<void> give_file(const std::string& path, uid_t user, gid_t group);

// The next waiting client, which does not block; nullopt: there is none.
[[nodiscard]] Result<std::optional<Fd>> accept_unix(int fd);

}  // namespace nbdroot::sys
