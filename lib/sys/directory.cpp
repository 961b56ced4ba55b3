#include "lib/sys/directory.h"

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {

Result<Directory> Directory::open(const std::string& path) {
    return Directory(NBDROOT_TRY(open_file(path, O_RDONLY | O_DIRECTORY)), path);
}

Result<std::string> Directory::read_text_file(const std::string& name) const {
    const Fd fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno("open", cat(path_, '/', name));
    std::array<char, 4096> text;
    const ssize_t got = ::read(fd.get(), text.data(), text.size());
    if (got < 0) return fail_errno("read", cat(path_, '/', name));
    return std::string(text.data(), static_cast<std::size_t>(got));
}

Result<void> Directory::replace_file(const std::string& name, std::string_view text) const {
    const std::string temporary = name + ".new";
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    Fd fd(::openat(fd_.get(), temporary.c_str(), flags, 0644));
    if (!fd) return fail_errno("open", cat(path_, '/', temporary));
    NBDROOT_CHECK(write_all(fd.get(), base::as_bytes(text), cat(path_, '/', temporary)));
    fd.reset();
    if (::renameat(fd_.get(), temporary.c_str(), fd_.get(), name.c_str()) != 0) {
        return fail_errno("rename", cat(path_, '/', name));
    }
    return {};
}

Result<Room> Directory::room_at(const std::string& name) const {
    const Fd fd(::openat(fd_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("open", cat(path_, '/', name));
    struct statfs info {};
    if (::fstatfs(fd.get(), &info) != 0) return fail_errno("look at", cat(path_, '/', name));
    const auto block_bytes = static_cast<std::uint64_t>(info.f_bsize);
    return Room{.total_bytes = info.f_blocks * block_bytes,
                .used_bytes = (info.f_blocks - info.f_bfree) * block_bytes,
                .total_files = info.f_files,
                .used_files = info.f_files - info.f_ffree};
}

}  // namespace nbdroot::sys
