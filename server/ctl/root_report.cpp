#include "server/ctl/root_report.h"

#include <algorithm>

#include "lib/base/text.h"
#include "server/ctl/table.h"

namespace nbdroot::server::ctl {
namespace {

using Align = Table::Align;

constexpr std::size_t kShownDigits = 12;
constexpr std::int64_t kWhole = 100;

// Also of a whole that is 0, or beyond what can be multiplied.
std::int64_t percent(std::int64_t part, std::int64_t whole) {
    const std::int64_t hundredth = std::max<std::int64_t>(whole / kWhole, 1);
    return std::clamp<std::int64_t>(part / hundredth, 0, kWhole);
}

std::string state_of(const JsonValue& image) {
    const std::string& state = image["state"].text();
    const std::string& reason = image["reason"].text();
    if (state == "known") return image["merkle_root"].text();
    if (state == "computing") {
        return cat("computing, ",
                   percent(image["done_bytes"].number(), image["size_bytes"].number()), " %");
    }
    if (state == "waiting") return "waiting for its turn, and for nobody to write to the file";
    return reason.empty() ? state : cat(state, ": ", reason);
}

}  // namespace

std::string describe_roots(const JsonValue& answer) {
    Table table({{"EXPORT"}, {"SIZE", Align::right}, {"ROOT"}, {"PATH"}, {"NOTES"}});
    for (const JsonValue& image : answer["images"].items()) {
        const std::int64_t size = std::max<std::int64_t>(image["size_bytes"].number(), 0);
        table.add({image["export"].text(),
                   size == 0 ? "" : base::human_size(static_cast<std::uint64_t>(size)),
                   state_of(image), image["path"].text(),
                   image["former"].truth() ? "former image" : ""});
    }
    return table.text();
}

std::string short_root(std::string_view root) {
    return std::string(root.substr(root.find(':') + 1).substr(0, kShownDigits));
}

}  // namespace nbdroot::server::ctl
