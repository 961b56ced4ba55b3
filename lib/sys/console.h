// The standard streams of a program that may run as process 1.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::sys {

inline constexpr const char* kConsole = "/dev/console";

// Opens TERMINAL, or /dev/null where there is none, as standard streams 0, 1 and 2.
[[nodiscard]] Result<void> open_standard_streams(const std::string& terminal = kConsole);

// Whether standard error is /dev/console itself, not a terminal, pipe or file of somebody.
[[nodiscard]] bool standard_error_is_console();

// The next line of standard input, without its newline; nullopt at its end. More than MAXIMUM bytes
// of it are dropped.
[[nodiscard]] std::optional<std::string> read_line(std::size_t maximum);

// All of TEXT, as far as it goes: where even this fails nobody is left to be told.
void write_to_standard_output(std::string_view text);
void write_to_standard_error(std::string_view text);

// Whether somebody reads standard error at a terminal.
[[nodiscard]] bool standard_error_is_terminal();

// Whether an XOFF on the terminal FD stops what is written to it, as the kernel has it by default.
// On a serial line noise can be one, and no XON would ever follow.
enum class FlowControl { off, on };
void set_flow_control(int fd, FlowControl control);

// TERMINAL becomes the standard streams and the controlling terminal of a session of this process's
// own.
void take_console(const std::string& terminal);

}  // namespace nbdroot::sys
