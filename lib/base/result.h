// Result<T>: a value or an Error. tl::expected stands in for std::expected, which clang 14 cannot
// use with libstdc++ 12.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "lib/base/error.h"

namespace nbdroot::base {

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure fail(Error error) { return Failure(std::move(error)); }

[[nodiscard]] inline Failure fail(std::string operation, std::string object, std::string reason,
                                  int code = 0) {
    return Failure(Error{.operation = std::move(operation),
                         .object = std::move(object),
                         .reason = std::move(reason),
                         .code = code});
}

}  // namespace nbdroot::base

namespace nbdroot {
using base::fail;
using base::Failure;
using base::Result;
}  // namespace nbdroot

// The value of EXPRESSION, or return its Error from this function.
//   const int fd = NBDROOT_TRY(open_image(path));
#define NBDROOT_TRY(expression)                                                         \
    __extension__({                                                                     \
        auto nbdroot_result = (expression);                                             \
        if (!nbdroot_result) return ::nbdroot::fail(std::move(nbdroot_result).error()); \
        std::move(nbdroot_result).value();                                              \
    })

// The same for Result<void>.
#define NBDROOT_CHECK(expression)                                                       \
    do {                                                                                \
        auto nbdroot_result = (expression);                                             \
        if (!nbdroot_result) return ::nbdroot::fail(std::move(nbdroot_result).error()); \
    } while (false)
