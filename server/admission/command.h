// The shell commands around a client's stay: nbd-server's prerun and postrun.
#pragma once

#include <string>
#include <string_view>

#include "lib/sys/program.h"

namespace nbdroot::server::admission {

struct Occasion {
    std::string export_name;
    std::string client;  // its address, or "unix"
    std::string path;    // of the image
};

// COMMAND for /bin/sh, each %s of it the image's path as one word of the shell, each %% a %; in its
// environment NBDROOT_EXPORT, NBDROOT_CLIENT and NBDROOT_PATH.
[[nodiscard]] sys::Program make_command(std::string_view command, const Occasion& occasion);

// TEXT as the shell reads it as one word; unchanged if it is one already, so that a %s that stands
// within quotation marks stays right.
[[nodiscard]] std::string quote_word(std::string_view text);

}  // namespace nbdroot::server::admission
