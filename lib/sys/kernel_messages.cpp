#include "lib/sys/kernel_messages.h"

#include <sys/klog.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// syslog(2); the C library has no names for them.
constexpr int kReadAll = 3;
constexpr int kSizeOfBuffer = 10;

}  // namespace

Result<std::string> read_kernel_messages() {
    const int size = ::klogctl(kSizeOfBuffer, nullptr, 0);
    if (size < 0) return fail_errno("read", "the kernel's log");
    std::string text(static_cast<std::size_t>(size), '\0');
    const int count = ::klogctl(kReadAll, text.data(), size);
    if (count < 0) return fail_errno("read", "the kernel's log");
    text.resize(static_cast<std::size_t>(count));
    return text;
}

}  // namespace nbdroot::sys
