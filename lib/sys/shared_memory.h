// Memory that a process shares with the children it forks later.
#pragma once

#include <cstddef>
#include <utility>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::sys {

class SharedMemory {
public:
    SharedMemory() = default;
    SharedMemory(SharedMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    SharedMemory& operator=(SharedMemory&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    [[nodiscard]] ByteSpan bytes() const { return bytes_; }

private:
    friend Result<SharedMemory> make_shared_memory(std::size_t size);
    explicit SharedMemory(ByteSpan bytes) : bytes_(bytes) {}

    ByteSpan bytes_;
};

// SIZE bytes of zeros, page aligned, all of them there from the start. What a child writes, its
// parent and later children read, whatever becomes of the child.
[[nodiscard]] Result<SharedMemory> make_shared_memory(std::size_t size);

}  // namespace nbdroot::sys
