// Result<T>: a value or an Error. tl::expected stands in for std::expected, which clang 14 cannot
// use with libstdc++ 12.
#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "lib/base/error.h"

namespace nbdroot::base {

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

// Not inline, and by pointer and view: an error path is cold, and there are hundreds of them in the
// agent. OPERATION is a literal.
[[nodiscard]] Failure fail(Error error);
[[nodiscard]] Failure fail(const char* operation, std::string_view object, std::string_view reason);
[[nodiscard]] Failure fail(const char* operation, std::string_view object, std::string_view reason,
                           int code);

// The Error of a result that goes out of scope, on its way into the caller's result: NBDROOT_TRY
// moves it once instead of three times.
class PassedError {
public:
    explicit PassedError(Error& error) : error_(&error) {}
    operator Error() && { return std::move(*error_); }  // NOLINT(google-explicit-constructor)

private:
    Error* error_;
};

}  // namespace nbdroot::base

namespace nbdroot {
using base::fail;
using base::Failure;
using base::Result;
}  // namespace nbdroot

// The value of EXPRESSION, or return its Error from this function.
//   const int fd = NBDROOT_TRY(open_image(path));
#define NBDROOT_TRY(expression)                                                            \
    __extension__({                                                                        \
        auto nbdroot_result = (expression);                                                \
        if (!nbdroot_result)                                                               \
            return ::tl::unexpected(::nbdroot::base::PassedError(nbdroot_result.error())); \
        *std::move(nbdroot_result); /* value() would check again */                        \
    })

// The same for Result<void>.
#define NBDROOT_CHECK(expression)                                                          \
    do {                                                                                   \
        auto nbdroot_result = (expression);                                                \
        if (!nbdroot_result)                                                               \
            return ::tl::unexpected(::nbdroot::base::PassedError(nbdroot_result.error())); \
    } while (false)
