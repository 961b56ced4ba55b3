#include <cstddef>

#include "server/ctl/program.h"

int main(int argc, char** argv) {
    const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
    return static_cast<int>(nbdroot::server::ctl::run(words.subspan(argc > 0 ? 1 : 0)));
}
