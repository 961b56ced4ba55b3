// A block of bytes of fixed size, not initialised: every byte is written before it is sent.
#pragma once

#include <cstddef>
#include <memory>

#include "lib/base/bytes.h"

namespace nbdroot::server::storage {

class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t size)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] ByteSpan span() { return {bytes_.get(), size_}; }
    [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace nbdroot::server::storage
