#include "agent/control/ask.h"

#include <cerrno>
#include <utility>

#include "agent/control/command.h"
#include "lib/base/text.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::agent::control {
namespace {

// The resident answers at once; only a loaded machine needs longer.
constexpr Duration kAnswerLimit{5'000};

}  // namespace

Result<JsonValue> parse_of_agent(std::string_view text, const std::string& path) {
    auto value = base::parse_json(text);
    if (!value) return fail("read", path, "no JSON of the agent: " + value.error().reason);
    return value;
}

Result<Answer> ask(const std::string& run, std::string_view request) {
    const std::string path = run + "/control";
    auto text = sys::ask_unix(path, cat(request, '\n'), kAnswerLimit);
    if (!text) {
        Error error = std::move(text).error();
        if (error.code == ENOENT || error.code == ECONNREFUSED) {
            error.reason += "; no agent keeps a root here";
        } else if (error.code == EACCES || error.code == EPERM) {
            error.reason += "; only root may ask the agent";
        }
        return fail(std::move(error));
    }
    JsonValue value = NBDROOT_TRY(parse_of_agent(*text, path));
    const std::string& refused = value["error"].text();
    if (!refused.empty()) {
        return fail("ask", path, base::printable(refused),
                    value["meaningless"].truth() ? kMeaningless : 0);
    }
    return Answer{.text = std::move(*text), .value = std::move(value)};
}

ExitStatus complain_of_answer(const Error& error) {
    return error.code == kMeaningless ? refuse(error.reason) : complain(error);
}

}  // namespace nbdroot::agent::control
