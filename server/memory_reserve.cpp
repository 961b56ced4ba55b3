#include "server/memory_reserve.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace nbdroot::server {
namespace {

// std::set_new_handler() takes a function without context.
std::atomic<void*> reserve = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Called by operator new, on any thread, until it succeeds or this throws.
void spend() {
    void* const bytes = reserve.exchange(nullptr);
    if (bytes == nullptr) throw std::bad_alloc();
    std::free(bytes);
}

}  // namespace

MemoryReserve::MemoryReserve() {
    refill();
    std::set_new_handler(spend);
}

MemoryReserve::~MemoryReserve() {
    std::set_new_handler(nullptr);
    std::free(reserve.exchange(nullptr));
}

bool MemoryReserve::is_whole() const { return reserve.load() != nullptr; }

void MemoryReserve::refill() const {
    if (!is_whole()) reserve.store(std::malloc(kBytes));
}

}  // namespace nbdroot::server
