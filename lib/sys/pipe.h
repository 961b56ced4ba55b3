// One direction of bytes between two processes.
#pragma once

#include <cstddef>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

struct Pipe {
    Fd reader;  // does not block
    Fd writer;
};
[[nodiscard]] Result<Pipe> make_pipe();

// Bytes that are there now, 0 at the end; nullopt: none yet.
[[nodiscard]] Result<std::optional<std::size_t>> read_pipe(int fd, ByteSpan into);

}  // namespace nbdroot::sys
