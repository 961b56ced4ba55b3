#include "lib/sys/shared_memory.h"

#include <sys/mman.h>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {

SharedMemory::~SharedMemory() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<SharedMemory> make_shared_memory(std::size_t size) {
    void* const place = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (place == MAP_FAILED) return fail_errno("map", cat(size, " bytes of shared memory"));
    return SharedMemory(ByteSpan(static_cast<std::byte*>(place), size));
}

}  // namespace nbdroot::sys
