// The one form of this folder's errors. Inner parsers know only the piece that is wrong; whoever
// knows the whole parameter puts it in as the object.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {

// Of an inner parser: the reason, with the piece of text that it is about.
[[nodiscard]] inline Failure refuse(std::string_view reason) {
    return fail("parameter", "", reason);
}

// TEXT in single quotes, safe to log.
[[nodiscard]] inline std::string quoted(std::string_view text) {
    return cat('\'', base::printable(text), '\'');
}

}  // namespace nbdroot::agent::config
