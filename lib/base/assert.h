// NBDROOT_ASSERT guards against our own bugs only; it stays on in release builds. What a peer, a
// file or the kernel can cause is an Error instead.
#pragma once

namespace nbdroot::base {

// Writes "FILE:LINE: assertion failed: TEXT" to standard error and aborts.
[[noreturn]] void assertion_failed(const char* file, int line, const char* text);

}  // namespace nbdroot::base

#define NBDROOT_ASSERT(condition)                                                            \
    do {                                                                                     \
        if (!(condition)) ::nbdroot::base::assertion_failed(__FILE__, __LINE__, #condition); \
    } while (false)
