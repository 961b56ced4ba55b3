#include "server/control/overlay_document.h"

#include "lib/base/json.h"
#include "lib/base/text.h"

namespace nbdroot::server::control {
namespace {

using machines::MachineView;

void write_overlay(base::JsonWriter& json, const MachineView& overlay,
                   const ImagePath& image_path) {
    const bool is_persistent = overlay.kind == config::OverlayKind::persistent;
    json.begin_object();
    json.member("export", overlay.export_name);
    json.member("machine", overlay.machine);
    json.member("kind", is_persistent ? "persistent" : "temporary");
    json.member("path", overlay.path);
    json.member("image_id", overlay.image_id);
    json.member("image_path", image_path(overlay));
    json.member("former", overlay.on_former);
    json.member("used_bytes", overlay.used_bytes);
    json.member("quota_bytes", overlay.quota_bytes);
    json.member("connected", overlay.connected);
    json.member("peer", overlay.peer);
    json.member("boot", overlay.boot_token);
    json.member("idle_ms", overlay.idle.count());
    json.member("reset_pending", overlay.reset_pending);
    json.end_object();
}

}  // namespace

std::string overlays_document(const std::vector<MachineView>& overlays,
                              const ImagePath& image_path) {
    base::JsonWriter json;
    json.begin_object();
    json.key("overlays");
    json.begin_array();
    for (const MachineView& overlay : overlays) write_overlay(json, overlay, image_path);
    json.end_array();
    json.end_object();
    return json.text();
}

}  // namespace nbdroot::server::control
