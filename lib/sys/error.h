// errno as an Error.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::sys {

// strerror(CODE), or "errno N" where the C library has no words.
[[nodiscard]] std::string describe_errno(int code);

// "OPERATION OBJECT: what errno says".
[[nodiscard]] Failure fail_errno(const char* operation, std::string_view object);
[[nodiscard]] Failure fail_errno(const char* operation, std::string_view object, int code);

}  // namespace nbdroot::sys
