// A file that is made: NAME.part until it is whole, and gone if it never becomes so.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::server::ctl {

class PartFile {
public:
    // For its owner alone: it has what a machine has written. Refused where there is a PATH
    // already.
    [[nodiscard]] static Result<PartFile> create(const std::string& path);

    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&&) = delete;
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    ~PartFile();

    [[nodiscard]] const std::string& path() const { return path_; }  // once it is whole
    [[nodiscard]] const std::string& part_path() const { return part_path_; }

    // A hole up to BYTES.
    Result<void> resize(std::uint64_t bytes) const;
    Result<void> write(std::uint64_t offset_bytes, ByteView bytes) const;
    // On the disk, under its name. Nothing that has that name meanwhile is overwritten.
    Result<void> finish();

private:
    PartFile(sys::Fd fd, std::string path, std::string part_path);

    [[nodiscard]] Result<void> named(Result<void> result) const;

    sys::Fd fd_;  // none: finished, or moved away
    std::string path_;
    std::string part_path_;
};

}  // namespace nbdroot::server::ctl
