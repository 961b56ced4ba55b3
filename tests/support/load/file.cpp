#include "tests/support/load/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace nbdroot::load {
namespace {

Error failed(const char* operation, const std::string& object, int code) {
    return {operation, object, code == 0 ? "the file ends too early" : std::strerror(code), code};
}

// CALL moves some bytes and returns how many, as pread(2) does.
template <class Call>
Result<void> move_all(const char* operation, Words words, Call call) {
    const auto bytes = std::as_writable_bytes(words);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t moved = call(bytes.subspan(done), done);
        if (moved < 0 && errno == EINTR) continue;
        if (moved <= 0) return tl::unexpected(failed(operation, "", moved == 0 ? 0 : errno));
        done += static_cast<std::size_t>(moved);
    }
    return {};
}

}  // namespace

Result<sys::Fd> open_file(const std::string& path, int flags) {
    sys::Fd file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
    if (!file) return tl::unexpected(failed("open", path, errno));
    return file;
}

Result<void> write_at(const sys::Fd& file, Words words, std::uint64_t offset_bytes) {
    return move_all("write", words, [&](std::span<std::byte> rest, std::size_t done) {
        return ::pwrite(file.get(), rest.data(), rest.size(),
                        static_cast<off_t>(offset_bytes + done));
    });
}

Result<void> read_at(const sys::Fd& file, Words words, std::uint64_t offset_bytes) {
    return move_all("read", words, [&](std::span<std::byte> rest, std::size_t done) {
        return ::pread(file.get(), rest.data(), rest.size(),
                       static_cast<off_t>(offset_bytes + done));
    });
}

Result<void> sync_file(const sys::Fd& file) {
    if (::fsync(file.get()) != 0) return tl::unexpected(failed("fsync", "", errno));
    return {};
}

Result<std::uint64_t> size_of(const sys::Fd& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return tl::unexpected(failed("stat", "", errno));
    return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace nbdroot::load
