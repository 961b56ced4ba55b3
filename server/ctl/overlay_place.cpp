#include "server/ctl/overlay_place.h"

#include <algorithm>
#include <string>

#include "lib/base/text.h"

namespace nbdroot::server::ctl {
namespace {

constexpr const char* kOperation = "find overlay";
constexpr std::size_t kDigestDigits = 32;

bool is_digest(const std::string& id) {
    return id.size() == kDigestDigits &&
           id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_of(const JsonValue& overlay, const std::string& machine) {
    const std::string& name = overlay["machine"].text();
    if (!name.empty()) return name == machine;
    const std::string& path = overlay["path"].text();
    return !machine.empty() && path.substr(path.rfind('/') + 1) == machine;
}

}  // namespace

Result<CopySource> find_place(const JsonValue& list, const OverlayJob& job) {
    if (!list["error"].text().empty()) {
        return fail(kOperation, "",
                    base::printable(list["error"].text(), list["error"].text().size()));
    }
    const auto& overlays = list["overlays"].items();
    const auto found = std::find_if(overlays.begin(), overlays.end(),
                                    [&](const JsonValue& one) { return is_of(one, job.machine); });
    if (found == overlays.end()) {
        return fail(kOperation, "",
                    cat("export '", base::printable(job.export_name), "' has none of a machine '",
                        base::printable(job.machine), "'; overlay list shows what there is"));
    }
    const JsonValue& overlay = *found;
    if (overlay["connected"].truth()) {
        return fail(
            kOperation, "",
            cat("machine '", base::printable(job.machine), "' is connected (",
                base::printable(overlay["peer"].text()), ") and may write: shut it down first"));
    }
    if (overlay["path"].text().empty() || overlay["image_path"].text().empty()) {
        return fail(kOperation, "",
                    cat("the server does not say where the files are that machine '",
                        base::printable(job.machine),
                        "' has written over: name them with --overlay and --image"));
    }
    // One that a configuration has given says nothing about contents: it is believed.
    const std::string& id = overlay["image_id"].text();
    return CopySource{.overlay = overlay["path"].text(),
                      .image = overlay["image_path"].text(),
                      .image_id = is_digest(id) ? "" : id};
}

}  // namespace nbdroot::server::ctl
