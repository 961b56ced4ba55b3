#include "agent/control/command.h"

#include "lib/base/text.h"
#include "lib/sys/console.h"

namespace nbdroot::agent::control {

ExitStatus print(std::string_view text) {
    sys::write_to_standard_output(text);
    return ExitStatus::done;
}

ExitStatus refuse(std::string_view reason) {
    sys::write_to_standard_error(cat("nbdrootctl: ", reason, "; --help lists what there is\n"));
    return ExitStatus::wrong_usage;
}

ExitStatus complain(const Error& error) {
    sys::write_to_standard_error(cat("nbdrootctl: ", error.message(), "\n"));
    return ExitStatus::failed;
}

}  // namespace nbdroot::agent::control
