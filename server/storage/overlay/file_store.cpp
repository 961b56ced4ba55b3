#include "server/storage/overlay/file_store.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "lib/sys/disk.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"

namespace nbdroot::server::storage::overlay {
namespace {

class DiskFile final : public File {
public:
    DiskFile(sys::Fd fd, std::string path, bool in_memory)
        : fd_(std::move(fd)), path_(std::move(path)), in_memory_(in_memory) {}

    Result<std::uint64_t> size() const override {
        return NBDROOT_TRY(sys::measure_disk(fd_.get(), path_)).size_bytes;
    }
    Result<void> resize(std::uint64_t bytes) override {
        return named(sys::resize(fd_.get(), bytes));
    }
    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const override {
        return named(sys::read_at(fd_.get(), offset_bytes, into));
    }
    sys::CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const override {
        // tmpfs may not know RWF_NOWAIT.
        if (!in_memory_) return sys::read_cached(fd_.get(), offset_bytes, into);
        const bool done = sys::read_at(fd_.get(), offset_bytes, into).has_value();
        return done ? sys::CachedRead::done : sys::CachedRead::not_cached;
    }
    Result<void> write(std::uint64_t offset_bytes, ByteView bytes) override {
        return named(sys::write_at(fd_.get(), offset_bytes, bytes));
    }
    Result<void> punch(Extent extent) override { return named(sys::discard(fd_.get(), extent)); }
    Result<void> sync() override { return named(sys::sync_data(fd_.get())); }
    sys::Stretch stretch_at(Extent extent) const override {
        return sys::stretch_at(fd_.get(), extent);
    }
    Result<void> prefetch(Extent extent) const override {
        return named(sys::prefetch(fd_.get(), extent));
    }

private:
    [[nodiscard]] Result<void> named(Result<void> result) const {
        if (result) return result;
        result.error().object = path_;
        if (result.error().code == ENODATA) result.error().reason = "the file ends too early";
        return result;
    }

    sys::Fd fd_;
    std::string path_;
    bool in_memory_;
};

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Over NFS only a file that may be written can be locked.
Result<sys::Fd> open_to_copy(const std::string& path) {
    auto fd = sys::open_file(path, O_RDWR);
    if (fd || (fd.error().code != EACCES && fd.error().code != EROFS)) return fd;
    return sys::open_file(path, O_RDONLY);
}

Result<sys::Fd> open_for(FileStore::Use use, const std::string& path, int flags) {
    if (use == FileStore::Use::copy) return open_to_copy(path);
    const bool only_looks = use == FileStore::Use::look;
    return sys::open_file(path, only_looks ? O_RDONLY : O_RDWR | flags, 0600);
}

Result<sys::Fd> open_part(FileStore::Use use, const std::string& path, Store::Part part,
                          int flags) {
    sys::Fd fd = NBDROOT_TRY(open_for(use, path, flags));
    if (part != Store::Part::data) return fd;
    const auto locked = sys::lock_disk_for_writing(fd.get(), path);
    if (locked && !*locked) {
        return fail("lock", path,
                    "it is locked by another process: a server that has it open, or an "
                    "nbd-rootserverctl that copies it",
                    EBUSY);
    }
    if (use == FileStore::Use::look) {
        sys::unlock_disk(fd.get());
    } else if (!locked) {
        return tl::unexpected(locked.error());
    }
    return fd;
}

Result<std::shared_ptr<File>> file_of(sys::Fd fd, std::string path) {
    const bool in_memory = NBDROOT_TRY(sys::measure_disk(fd.get(), path)).in_memory;
    return std::make_shared<DiskFile>(std::move(fd), std::move(path), in_memory);
}

}  // namespace

FileStore::FileStore(std::string path, Use use)
    : path_(std::move(path)), directory_(directory_of(path_)), use_(use) {}

Result<void> FileStore::check_serves(Part part) const {
    if (use_ == Use::serve) return {};
    return fail("change", path_of(part), "it is only read here", EROFS);
}

std::string FileStore::path_of(Part part) const {
    switch (part) {
        case Part::data:
            return path_ + ".data";
        case Part::map:
            return path_ + ".map";
        case Part::new_map:
            break;
    }
    return path_ + ".map.new";
}

Result<std::shared_ptr<File>> FileStore::open(Part part) {
    std::string path = path_of(part);
    sys::Fd fd = NBDROOT_TRY(open_part(use_, path, part, 0));
    return file_of(std::move(fd), std::move(path));
}

Result<std::shared_ptr<File>> FileStore::create(Part part) {
    NBDROOT_CHECK(check_serves(part));
    std::string path = path_of(part);
    // Not O_TRUNC: it may be another server's.
    sys::Fd fd = NBDROOT_TRY(open_part(use_, path, part, O_CREAT));
    auto file = NBDROOT_TRY(file_of(std::move(fd), std::move(path)));
    NBDROOT_CHECK(file->resize(0));
    return file;
}

Result<void> FileStore::remove(Part part) {
    NBDROOT_CHECK(check_serves(part));
    return sys::unlink_file(path_of(part));
}

Result<void> FileStore::replace_map() {
    NBDROOT_CHECK(check_serves(Part::map));
    return sys::rename_file(path_of(Part::new_map), path_of(Part::map));
}

Result<void> FileStore::sync_names() { return sys::sync_directory(directory_); }

}  // namespace nbdroot::server::storage::overlay
