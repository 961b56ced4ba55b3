#include "agent/control/status_text.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

constexpr std::size_t kNameWidth = 12;

std::string line(std::string_view name, std::string_view text) {
    if (text.empty()) return {};
    std::string out(name);
    out.append(kNameWidth - name.size(), ' ');
    return out + base::printable(text, text.size()) + '\n';
}

std::string seconds(const JsonValue& ms) {
    const std::int64_t value = std::max<std::int64_t>(ms.number(), 0);
    return cat(value / 1000, '.', value / 100 % 10, " s");
}

std::string device_of(const JsonValue& status) {
    const std::string& device = status["device"].text();
    if (device.empty()) return {};
    const bool is_relayed = !status["relay"].is_null();
    return cat(device, " (", status["attach"].text(), is_relayed ? ", relay)" : ")");
}

std::string ending_of(const JsonValue& status) {
    const std::string& verb = status["ending"].text();
    if (verb.empty()) return {};
    const std::int64_t limit = status["shutdown_timeout_s"].number();
    return limit > 0 ? cat(verb, ", at the latest after ", limit, " s without a server") : verb;
}

std::string relay_of(const JsonValue& relay) {
    if (relay.is_null()) return {};
    return cat(relay["in_flight"].number(), " in flight, ", relay["kept_bytes"].number(),
               " bytes kept, ", relay["replies"].number(), " replies, ", relay["resent"].number(),
               " resent, ", relay["failed"].number(), " failed");
}

std::string network_of(const JsonValue& network) {
    if (network.is_null()) return {};
    std::string text = network["interface"].text();
    const std::string& address = network["address"].text();
    if (!address.empty()) text += cat(' ', address);
    return text;
}

std::string lease_of(const JsonValue& lease) {
    if (lease.is_null()) return {};
    const JsonValue& left = lease["left_s"];
    std::string end = "for ever";
    if (!left.is_null()) {
        end = left.number() > 0 ? cat("ends in ", left.number(), " s") : "has ended";
    }
    return cat(lease["state"].text(), ", by ", lease["server"].text(), ", ", end);
}

}  // namespace

std::string describe_status(const JsonValue& status) {
    const auto size =
        static_cast<std::uint64_t>(std::max<std::int64_t>(status["size_bytes"].number(), 0));
    const JsonValue& lost = status["lost_at_ms"];
    return line("device", device_of(status)) + line("state", status["state"].text()) +
           line("server", status["server"].text()) + line("image", status["name"].text()) +
           line("size", base::human_size(size)) +
           line("reconnects", cat(status["reconnects"].number(), ", longest outage ",
                                  seconds(status["longest_outage_ms"]))) +
           line("lost", lost.is_null() ? "" : seconds(lost) + " after the start") +
           line("last error", status["last_error"].text()) +
           line("network", network_of(status["network"])) +
           line("lease", lease_of(status["network"]["lease"])) + line("ending", ending_of(status)) +
           line("relay", relay_of(status["relay"]));
}

}  // namespace nbdroot::agent::control
