#include "lib/sys/program_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <span>

#include "lib/base/bytes.h"
#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

using Buffer = std::array<std::byte, 16 << 10>;

// 0 at the end of the file.
Result<std::size_t> read_piece(const Fd& fd, Buffer& buffer, const std::string& path) {
    ssize_t got = -1;
    do {
        got = ::read(fd.get(), buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_errno("read", path);
    return static_cast<std::size_t>(got);
}

Result<void> copy_bytes(const Fd& source, const std::string& from, const Fd& copy,
                        const std::string& to) {
    Buffer buffer;
    for (;;) {
        const std::size_t count = NBDROOT_TRY(read_piece(source, buffer, from));
        if (count == 0) return {};
        NBDROOT_CHECK(write_all(copy.get(), ByteView(buffer).first(count), to));
    }
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("rename", to);
    return {};
}

}  // namespace

Result<void> copy_program(const std::string& from, const std::string& to) {
    const std::string temporary = to + ".new";
    const Fd source = NBDROOT_TRY(open_file(from, O_RDONLY));
    Fd copy = NBDROOT_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0755));
    NBDROOT_CHECK(copy_bytes(source, from, copy, temporary));
    copy.reset();
    return rename_file(temporary, to);
}

Result<void> replace_hard_link(const std::string& existing, const std::string& path) {
    ::unlink(path.c_str());
    if (::link(existing.c_str(), path.c_str()) != 0) return fail_errno("link", path);
    return {};
}

Result<void> replace_symbolic_link(const std::string& target, const std::string& path) {
    ::unlink(path.c_str());
    if (::symlink(target.c_str(), path.c_str()) != 0) return fail_errno("link", path);
    return {};
}

void read_into_page_cache(const std::string& path) {
    const auto fd = open_file(path, O_RDONLY);
    if (!fd) return;
    Buffer buffer;
    for (;;) {
        const auto count = read_piece(*fd, buffer, path);
        if (!count || *count == 0) return;
    }
}

}  // namespace nbdroot::sys
