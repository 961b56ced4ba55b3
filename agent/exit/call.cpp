#include "agent/exit/call.h"

#include <optional>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::agent::exit {
namespace {

Call refuse(std::string reason) {
    return {.complaint = std::move(reason), .status = ExitStatus::wrong_usage};
}

Call parse_announcement(std::string_view verb) {
    if (verb == "none") return {.task = Task::announce, .revokes = true};
    const auto how = base::parse_machine_end(verb);
    if (how) return {.task = Task::announce, .how = *how};
    return refuse(cat("unknown verb '", base::printable(verb), "'; --help lists what there is"));
}

Call parse_words(std::span<const char* const> arguments) {
    if (arguments.size() < 2) return refuse("which end? --help lists them");
    const std::string_view word = arguments[1];
    if (word == "--help") return {.task = Task::help};
    if (word == "--finish") return {.task = Task::finish};
    if (word == "--read-only") return {.task = Task::read_only};
    if (word == "--ending" && arguments.size() == 3) return parse_announcement(arguments[2]);
    const auto how = base::parse_machine_end(word);
    if (how) return {.task = Task::end, .how = *how};
    return refuse(cat("unknown word '", base::printable(word), "'; --help lists what there is"));
}

}  // namespace

Call parse_call(std::span<const char* const> arguments, Caller caller) {
    Call call = parse_words(arguments);
    if (caller.is_first_process && call.task != Task::end) {
        const std::string_view word = arguments.size() < 2 ? "" : arguments[1];
        return {.task = Task::end,
                .complaint = cat("process 1 was called with '", base::printable(word),
                                 "', which is no end of the machine; poweroff")};
    }
    if (call.task == Task::help || call.task == Task::refuse || caller.is_root) return call;
    return {.complaint = "needs root", .status = ExitStatus::failed};
}

}  // namespace nbdroot::agent::exit
