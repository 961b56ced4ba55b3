#include <cstddef>

#include "agent/control/program.h"

int main(int argc, char** argv) {
    return static_cast<int>(nbdroot::agent::control::run({argv, static_cast<std::size_t>(argc)}));
}
