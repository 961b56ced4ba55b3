#include "lib/base/assert.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace nbdroot::base {

// Not printf: it would bring 12 KB of number formatting into an agent that has none.
void assertion_failed(const char* file, int line, const char* text) {
    char number[12] = {};  // a sign and ten digits, and the end
    std::to_chars(number, number + sizeof number - 1, line);
    for (const char* piece :
         {file, ":", static_cast<const char*>(number), ": assertion failed: ", text, "\n"}) {
        std::fputs(piece, stderr);
    }
    std::abort();
}

}  // namespace nbdroot::base
