#include "server/control/overlay_document.h"

#include "lib/base/json_value.h"
#include "tests/support/catch.h"

using nbdroot::server::config::OverlayKind;
using nbdroot::server::control::overlays_document;
using nbdroot::server::machines::MachineView;

namespace {

std::string image_path(const MachineView& overlay) {
    return overlay.image_id == "gone" ? "" : "/srv/" + overlay.image_id;
}

MachineView view() {
    return {.export_name = "debian",
            .machine = "m \"1\"",
            .kind = OverlayKind::persistent,
            .image_id = "abc",
            .used_bytes = 4096,
            .quota_bytes = 8192,
            .connected = true,
            .peer = "10.0.0.7:9",
            .boot_token = "ab12cd34",
            .reset_pending = true,
            .path = "/o/11",
            .idle = std::chrono::seconds(3)};
}

}  // namespace

TEST_CASE("an overlay in its document") {
    CHECK(overlays_document({view()}, image_path) ==
          R"({"overlays":[{"export":"debian","machine":"m \"1\"","kind":"persistent",)"
          R"("path":"/o/11","image_id":"abc","image_path":"/srv/abc","former":false,)"
          R"("used_bytes":4096,"quota_bytes":8192,"connected":true,"peer":"10.0.0.7:9",)"
          R"("boot":"ab12cd34","idle_ms":3000,"reset_pending":true}]})");
    CHECK(overlays_document({}, image_path) == R"({"overlays":[]})");
}

TEST_CASE("the image of an overlay that has no name is not guessed") {
    MachineView former = view();
    former.on_former = true;
    former.image_id = "gone";
    CHECK(overlays_document({former}, image_path).find(R"("image_path":"")") != std::string::npos);
}
