// A block of bytes of fixed size, not initialised: every byte is written before it is sent.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include "lib/base/bytes.h"

namespace nbdroot::server::storage {

class Buffer {
public:
    Buffer() = default;
    explicit Buffer(std::size_t size) : bytes_(allocate(size)), size_(size) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] ByteSpan span() { return {bytes_.get(), size_}; }
    [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }

private:
    struct Free {
        void operator()(std::byte* bytes) const { std::free(bytes); }
    };

    // As operator new does, but what is large may not spend what was put by for the last need
    // (std::set_new_handler): whoever wanted it can do without.
    static std::byte* allocate(std::size_t size) {
        for (;;) {
            void* const bytes = std::malloc(size);
            if (bytes != nullptr || size == 0) return static_cast<std::byte*>(bytes);
            const auto find_memory = std::get_new_handler();
            if (size >= kLarge || find_memory == nullptr) throw std::bad_alloc();
            find_memory();
        }
    }

    static constexpr std::size_t kLarge = 4096;

    std::unique_ptr<std::byte[], Free> bytes_;
    std::size_t size_ = 0;
};

}  // namespace nbdroot::server::storage
