#include "agent/root/overlay_fstab.h"

#include <cerrno>
#include <utility>

#include "agent/root/fstab.h"
#include "agent/root/inventory.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::size_t kFstabMaximum = std::size_t{64} << 10;

// The choice of the root may have looked at one partition only.
Volumes volumes_for(const std::string& fstab, const std::string& device) {
    if (!has_swap(fstab)) return {};
    auto inventory = take_inventory(device, "");
    return inventory ? std::move(inventory->volumes) : Volumes{{.node = device}};
}

}  // namespace

Result<void> edit_fstab(const OverlayTrees& trees, const std::string& device) {
    const std::string path = trees.merged + "/etc/fstab";
    if (const auto link = sys::read_link(path)) {
        return fail("edit", path, cat("it is a link to ", base::printable(*link)));
    }
    const auto text = sys::read_text_file(path, kFstabMaximum);
    if (!text && text.error().code == ENOENT) return {};
    if (!text) return fail(text.error());
    const auto edited = fstab_of_overlay(*text, volumes_for(*text, device));
    if (!edited) return {};
    NBDROOT_CHECK(sys::replace_file(path, *edited));
    return sys::copy_access(trees.lower + "/etc/fstab", path);
}

}  // namespace nbdroot::agent::root
