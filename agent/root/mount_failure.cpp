#include "agent/root/mount_failure.h"

#include <cerrno>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::agent::root {
namespace {

// What the kernel's error number does not say by itself.
std::string hint(const FailedMount& failed) {
    switch (failed.code) {
        case ENODEV:
            return cat("; the kernel has no driver for it: put the module ", failed.type,
                       " into the initramfs (nbdroot-mkinitramfs --add-modules ", failed.type, ")");
        case EINVAL:
            if (!failed.found.empty() && failed.found != failed.type) {
                return cat("; its superblock says ", failed.found, ": leave rootfstype= out");
            }
            return "; damaged, or an option of rootflags= that it does not know: the kernel's own "
                   "line has more";
        case EROFS:
            return "; the server allows no writing and the file system wants to";
        default:
            return "";
    }
}

std::string size_text(std::uint64_t bytes) {
    return cat(base::human_size(bytes), " (", bytes, " bytes)");
}

}  // namespace

Failure mount_failure(const FailedMount& failed) {
    return fail("mount", cat(failed.node, " as ", failed.type),
                cat(sys::describe_errno(failed.code), hint(failed)), failed.code);
}

std::optional<Failure> too_small(const std::string& node, const disk::Superblock& found,
                                 std::uint64_t size_bytes) {
    if (found.size_bytes <= size_bytes) return std::nullopt;
    return fail("mount", node,
                cat("it has ", size_text(size_bytes), ", its ", found.file_system, " needs ",
                    size_text(found.size_bytes),
                    ": the image is cut off; copy it again, or shrink the file system first"));
}

std::string read_only_export(const std::string& device) {
    return cat("mount ", device,
               ": rw was asked for, but the server gives the export read-only; mounting "
               "read-only: make the export writable, or use nbdroot.overlay=tmpfs");
}

}  // namespace nbdroot::agent::root
