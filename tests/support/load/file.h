// Files read and written whole, with errors as values.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"
#include "tests/support/load/pattern.h"

namespace nbdroot::load {

[[nodiscard]] Result<sys::Fd> open_file(const std::string& path, int flags);
[[nodiscard]] Result<void> write_at(const sys::Fd& file, Words words, std::uint64_t offset_bytes);
[[nodiscard]] Result<void> read_at(const sys::Fd& file, Words words, std::uint64_t offset_bytes);
[[nodiscard]] Result<void> sync_file(const sys::Fd& file);
[[nodiscard]] Result<std::uint64_t> size_of(const sys::Fd& file);

}  // namespace nbdroot::load
