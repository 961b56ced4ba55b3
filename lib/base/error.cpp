#include "lib/base/error.h"

#include <utility>

#include "lib/base/result.h"

namespace nbdroot::base {

std::string Error::message() const {
    std::string text = operation;
    if (!object.empty()) {
        if (!text.empty()) text += ' ';
        text += object;
    }
    if (!text.empty()) text += ": ";
    return text + reason;
}

Failure fail(Error error) { return Failure(std::move(error)); }

Failure fail(const char* operation, std::string_view object, std::string_view reason) {
    return fail(operation, object, reason, 0);
}

Failure fail(const char* operation, std::string_view object, std::string_view reason, int code) {
    return Failure(Error{.operation = operation,
                         .object = std::string(object),
                         .reason = std::string(reason),
                         .code = code});
}

}  // namespace nbdroot::base
