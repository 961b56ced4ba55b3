#include "server/ctl/part_file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/disk.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"

namespace nbdroot::server::ctl {
namespace {

constexpr const char* kIsThere = "it is there already, and nothing is overwritten";

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

PartFile::PartFile(sys::Fd fd, std::string path, std::string part_path)
    : fd_(std::move(fd)), path_(std::move(path)), part_path_(std::move(part_path)) {}

PartFile::PartFile(PartFile&& other) noexcept = default;

PartFile::~PartFile() {
    if (fd_) sys::remove_file(part_path_);
}

Result<PartFile> PartFile::create(const std::string& path) {
    if (sys::path_exists(path)) return fail("create", path, kIsThere, EEXIST);
    std::string part_path = path + ".part";
    auto fd = sys::open_file(part_path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!fd && fd.error().code == EEXIST) {
        return fail("create", part_path,
                    "it is there already: another copy is writing it, or was killed; remove it if "
                    "none runs",
                    EEXIST);
    }
    return PartFile(NBDROOT_TRY(std::move(fd)), path, std::move(part_path));
}

Result<void> PartFile::resize(std::uint64_t bytes) const {
    return named(sys::resize(fd_.get(), bytes));
}

Result<void> PartFile::write(std::uint64_t offset_bytes, ByteView bytes) const {
    return named(sys::write_at(fd_.get(), offset_bytes, bytes));
}

Result<void> PartFile::finish() {
    NBDROOT_CHECK(named(sys::sync_data(fd_.get())));
    auto renamed = sys::rename_to_new_name(part_path_, path_);
    if (!renamed && renamed.error().code == EEXIST) return fail("create", path_, kIsThere, EEXIST);
    NBDROOT_CHECK(std::move(renamed));
    fd_.reset();
    return sys::sync_directory(directory_of(path_));
}

Result<void> PartFile::named(Result<void> result) const {
    if (!result) result.error().object = part_path_;
    return result;
}

}  // namespace nbdroot::server::ctl
