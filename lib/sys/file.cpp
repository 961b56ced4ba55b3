#include "lib/sys/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<Fd> open_file(const std::string& path, int flags, mode_t mode) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (!fd) return fail_errno("open", path);
    return fd;
}

Result<std::string> read_text_file(const std::string& path, std::size_t maximum) {
    // Without O_NONBLOCK, opening a FIFO by mistake would wait for ever.
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY | O_NONBLOCK));
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t got = ::read(fd.get(), piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", path);
        if (got == 0) return text;
        text.append(piece, static_cast<std::size_t>(got));
        if (text.size() > maximum) {
            return fail("read", path, cat("larger than ", maximum, " bytes"));
        }
    }
}

Result<void> write_control_file(const std::string& path, std::string_view text) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_WRONLY));
    // One write: the kernel takes a control file's value from a single call.
    if (::write(fd.get(), text.data(), text.size()) < 0) return fail_errno("write", path);
    return {};
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
    const std::string temporary = path + ".new";
    Fd fd = NBDROOT_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    NBDROOT_CHECK(write_all(fd.get(), base::as_bytes(text), temporary));
    fd.reset();
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("rename", path);
    return {};
}

Result<void> replace_file_durably(const std::string& path, std::string_view text, mode_t mode) {
    const std::string temporary = path + ".new";
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    const Fd fd = NBDROOT_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    NBDROOT_CHECK(write_all(fd.get(), base::as_bytes(text), temporary));
    if (::fsync(fd.get()) != 0) return fail_errno("sync", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("rename", path);
    const Fd directory =
        NBDROOT_TRY(open_file(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY));
    if (::fsync(directory.get()) != 0) return fail_errno("sync", folder);
    return {};
}

Result<void> write_all(int fd, ByteView bytes, const std::string& object) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail_errno("write", object);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Result<void> write_once(int fd, std::string_view text, const std::string& object) {
    ssize_t put = -1;
    do {
        put = ::write(fd, text.data(), text.size());
    } while (put < 0 && errno == EINTR);
    if (put < 0) return fail_errno("write", object);
    return {};
}

Result<std::string> read_link(const std::string& path) {
    char target[4096];  // PATH_MAX
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    if (length < 0) return fail_errno("read link", path);
    return std::string(target, static_cast<std::size_t>(length));
}

void remove_file(const std::string& path) { ::unlink(path.c_str()); }

void remove_directory(const std::string& path) { ::rmdir(path.c_str()); }

std::string read_now(int fd) {
    std::array<char, 4096> piece;
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    return {piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

bool path_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool is_socket(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

bool is_writable_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           ::access(path.c_str(), W_OK | X_OK) == 0;
}

Result<void> make_directory(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) != 0) return fail_errno("create directory", path);
    return {};
}

Result<void> make_directories(const std::string& path, mode_t mode) {
    for (std::size_t at = 1; at != std::string::npos;) {
        at = path.find('/', at + 1);
        const std::string part = path.substr(0, at);
        if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
            return fail_errno("create directory", part);
        }
    }
    return {};
}

Result<void> copy_access(const std::string& from, const std::string& to) {
    struct stat status {};
    if (::stat(from.c_str(), &status) != 0) return fail_errno("look at", from);
    if (::chown(to.c_str(), status.st_uid, status.st_gid) != 0) return fail_errno("chown", to);
    if (::chmod(to.c_str(), status.st_mode & 07777) != 0) return fail_errno("chmod", to);
    return {};
}

}  // namespace nbdroot::sys
