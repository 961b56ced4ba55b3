#include "lib/sys/error.h"

#include <cstring>

#include "lib/base/text.h"

namespace nbdroot::sys {

std::string describe_errno(int code) {
    const char* const words = ::strerror(code);  // no locale, no threads that call it
    return words != nullptr ? std::string(words) : cat("errno ", code);
}

Failure fail_errno(const char* operation, std::string_view object) {
    return fail_errno(operation, object, errno);
}

Failure fail_errno(const char* operation, std::string_view object, int code) {
    return fail(operation, object, describe_errno(code), code);
}

}  // namespace nbdroot::sys
