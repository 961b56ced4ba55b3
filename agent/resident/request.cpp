#include "agent/resident/request.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"error", "warning", "info", "debug"};

Failure refuse(std::string_view reason) { return fail("read", "request", reason); }

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Result<Request> parse_info(std::string_view text) {
    if (text.size() > kLongestInfo) {
        return refuse(cat("info: ", text.size(), " characters; at most ", kLongestInfo));
    }
    if (!is_printable(text)) return refuse("info: printable ASCII only");
    return SetInfo{std::string(text)};
}

Result<Request> parse_timeout(std::string_view text) {
    const auto seconds = base::parse_decimal(text, kLongestTimeoutSeconds);
    if (seconds) return SetTimeout{static_cast<std::uint32_t>(*seconds)};
    return refuse(cat("timeout: '", base::printable(text, 64),
                      "' is no number of seconds from 0 to ", kLongestTimeoutSeconds));
}

Result<Request> parse_log(std::string_view text) {
    for (std::size_t i = 0; i < kLevels.size(); ++i) {
        if (text == kLevels[i]) return SetLog{static_cast<Level>(i)};
    }
    return refuse(cat("log: unknown level '", base::printable(text, 64),
                      "'; there are: error, warning, info, debug"));
}

Result<Request> parse_reconnect(std::string_view text) {
    if (text.empty()) return refuse("reconnect: which server?");
    return ConnectAnew{std::string(text)};
}

Result<Request> parse_disconnect(std::string_view text) {
    if (text == "force") return EndDevice{.by_force = true};
    return refuse(cat("disconnect: '", base::printable(text, 64), "' is not understood"));
}

Result<Request> parse_ending(std::string_view text) {
    if (text == "none") return AnnounceEnd{};
    const auto how = base::parse_machine_end(text);
    if (how) return AnnounceEnd{*how};
    return refuse(cat("unknown verb '", base::printable(text, 64),
                      "'; there are: poweroff, reboot, halt, kexec, none"));
}

struct Verb {
    std::string_view name;
    Request (*alone)();                         // null: it needs a value
    Result<Request> (*with)(std::string_view);  // null: it takes none
};

template <Ask::What what>
Request ask() {
    return Ask{what};
}

const std::array<Verb, 8> kVerbs{{
    {"status", ask<Ask::What::status>, nullptr},
    {"info", ask<Ask::What::info>, parse_info},
    {"timeout", ask<Ask::What::timeout>, parse_timeout},
    {"log", ask<Ask::What::log>, parse_log},
    {"debug", ask<Ask::What::debug>, nullptr},
    {"reconnect", [] { return Request(ConnectAnew{}); }, parse_reconnect},
    {"disconnect", [] { return Request(EndDevice{}); }, parse_disconnect},
    {"ending", nullptr, parse_ending},
}};

}  // namespace

Result<Request> parse_request(std::string_view line) {
    const std::size_t blank = line.find(' ');
    const std::string_view name = line.substr(0, blank);
    for (const Verb& verb : kVerbs) {
        if (verb.name != name) continue;
        if (blank != std::string_view::npos) {
            if (verb.with != nullptr) return verb.with(line.substr(blank + 1));
            return refuse(cat(name, " takes no value"));
        }
        if (verb.alone != nullptr) return verb.alone();
        return refuse(cat(name, " needs a value"));
    }
    return refuse(cat("unknown request '", base::printable(name, 64), "'"));
}

std::string_view name_of(Level level) { return kLevels.at(static_cast<std::size_t>(level)); }

}  // namespace nbdroot::agent::resident
