// A directory that stays reachable although its path no longer is: a process whose root directory
// was left behind by switch_root sees neither /run nor /sys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// Of a file system; 0 in all: without a limit.
struct Room {
    std::uint64_t total_bytes = 0;
    std::uint64_t used_bytes = 0;
    std::uint64_t total_files = 0;
    std::uint64_t used_files = 0;
};

class Directory {
public:
    [[nodiscard]] static Result<Directory> open(const std::string& path);

    // The first 4 KiB of a file (/sys, /proc).
    [[nodiscard]] Result<std::string> read_text_file(const std::string& name) const;
    // By way of a temporary file and rename: readers see old or new.
    [[nodiscard]] Result<void> replace_file(const std::string& name, std::string_view text) const;
    // Of the file system that the directory NAME lies on (statfs(2)).
    [[nodiscard]] Result<Room> room_at(const std::string& name) const;

private:
    Directory(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Fd fd_;
    std::string path_;  // for messages
};

}  // namespace nbdroot::sys
