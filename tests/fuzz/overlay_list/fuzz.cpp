// A server's list of overlays, as nbd-rootserverctl shows it and looks for one in it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/assert.h"
#include "lib/base/json_value.h"
#include "server/ctl/answers.h"
#include "server/ctl/overlay_place.h"

using nbdroot::server::control::Request;
using namespace nbdroot::server::ctl;

namespace {

bool is_printable(const std::string& text, bool has_lines) {
    for (const char c : text) {
        if ((c < ' ' || c > '~') && !(has_lines && c == '\n')) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto list = nbdroot::base::parse_json(text);
    if (!list) return 0;
    const Request request{.command = Request::Command::overlay_list};
    NBDROOT_ASSERT(is_printable(describe(request, *list), true));
    NBDROOT_ASSERT(is_printable(complaint(request, *list), true));
    // The first one's names, so that one is found.
    const auto& overlays = (*list)["overlays"].items();
    OverlayJob job{.export_name = "a", .machine = "m"};
    if (!overlays.empty()) job.machine = overlays.front()["machine"].text();
    const auto place = find_place(*list, job);
    if (place) {
        NBDROOT_ASSERT(!place->overlay.empty() && !place->image.empty());
    } else {
        NBDROOT_ASSERT(!place.error().reason.empty() && is_printable(place.error().reason, false));
    }
    return 0;
}
