// Which node, which file system, which options: then mount(2), and a second try without the journal
// where the device cannot be written.
#include <sys/mount.h>

#include <algorithm>
#include <optional>

#include "agent/disk/superblock.h"
#include "agent/disk/unknown_content.h"
#include "agent/root/inventory.h"
#include "agent/root/mount_failure.h"
#include "agent/root/mount_options.h"
#include "agent/root/overlay.h"
#include "agent/root/partition_node.h"
#include "agent/root/root.h"
#include "agent/root/root_device.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/clock.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"

namespace nbdroot::agent::root {
namespace {

struct Candidate {
    std::string device;
    std::vector<std::string> file_systems;  // to try in this order
    std::optional<disk::Superblock> found;  // what its first bytes say
    bool read_only = false;                 // by the partition table's word
    bool type_is_given = false;             // by rootfstype=
};

std::vector<std::string> split_types(const std::string& text) {
    std::vector<std::string> types;
    for (const std::string_view type : base::split(text, ',')) {
        if (!type.empty() && type != "auto") types.emplace_back(type);
    }
    return types;
}

std::vector<std::string> types_to_try(const std::string& wanted, const disk::Superblock* found) {
    std::vector<std::string> types = split_types(wanted);
    if (!types.empty() || found == nullptr) return types;
    types.push_back(found->file_system);
    // The ext4 driver reads its ancestors; kernels are often built without theirs.
    if (found->file_system == "ext2" || found->file_system == "ext3") types.emplace_back("ext4");
    return types;
}

// A partition that only the kernel knows is looked at through its node.
Result<std::optional<disk::Superblock>> look_at(const std::string& node, const Volumes& volumes) {
    for (const Volume& volume : volumes) {
        if (volume.node == node) return volume.content;
    }
    return disk::probe_superblock(NBDROOT_TRY(sys::read_start(node, disk::kProbeBytes)));
}

// The words for a node that holds no file system known here.
Failure unknown_content(const std::string& node, const std::string& device) {
    const auto start = sys::read_start(node, disk::kProbeBytes);
    if (!start) return fail(start.error());
    const auto facts = node == device ? read_table(device) : TableFacts();
    if (!facts) return fail(facts.error());
    return fail("mount", node,
                disk::describe_unknown({.start = *start,
                                        .device = device,
                                        .table = facts->table,
                                        .device_bytes = facts->device_bytes}));
}

// A type that was asked for may be another one than that of FOUND, what is left of older days.
Result<void> check_size(const Candidate& candidate) {
    const auto& types = candidate.file_systems;
    if (!candidate.found ||
        std::find(types.begin(), types.end(), candidate.found->file_system) == types.end()) {
        return {};
    }
    const sys::BlockGeometry geometry = NBDROOT_TRY(sys::block_geometry(candidate.device));
    auto failure = too_small(candidate.device, *candidate.found, geometry.size_bytes);
    return failure ? Result<void>(*failure) : Result<void>();
}

Result<Candidate> find_candidate(const config::RootConfig& config, const std::string& device) {
    const Inventory inventory = NBDROOT_TRY(take_inventory(device, config.device));
    const bool type_is_given = !split_types(config.file_system).empty();
    const auto choice = choose_device(config.device, inventory.volumes,
                                      type_is_given ? RootType::given : RootType::unknown);
    if (!choice) return with_trouble(choice.error(), inventory.facts);
    if (choice->node != device) {
        NBDROOT_CHECK(expect_partition(choice->node, inventory.volumes, inventory.facts));
    }
    Candidate candidate{.device = choice->node,
                        .file_systems = {},
                        .found = NBDROOT_TRY(look_at(choice->node, inventory.volumes)),
                        .read_only = choice->read_only,
                        .type_is_given = type_is_given};
    const disk::Superblock* const found = candidate.found ? &*candidate.found : nullptr;
    candidate.file_systems = types_to_try(config.file_system, found);
    if (candidate.file_systems.empty()) return unknown_content(choice->node, device);
    NBDROOT_CHECK(check_size(candidate));
    return candidate;
}

// Adds the option that skips the journal to REQUEST; false where there is none to add.
bool skip_recovery(sys::MountRequest& request, const Log& log) {
    const std::string_view option = skip_recovery_option(request.type);
    if (option.empty() || has_option(request.data, option)) return false;
    request.data = with_option(request.data, option);
    log.warning(cat("mount ", request.source, ": the journal of ", request.type,
                    " needs recovery, which a read-only device does not allow; mounting with ",
                    option));
    return true;
}

struct Access {
    bool device_is_read_only;
    bool read_only;
    bool is_below_overlay = false;
};

Access choose_access(const config::RootConfig& config, const MountOptions& options,
                     const Candidate& candidate, bool device_is_read_only, const Log& log) {
    const bool wanted = options.read_only.value_or(config.read_only);
    if (device_is_read_only && !wanted) log.warning(read_only_export(candidate.device));
    if (candidate.read_only && !wanted) {
        log.warning(cat("mount ", candidate.device,
                        ": rw was asked for, but its partition table says read-only; mounting "
                        "read-only: write root=",
                        candidate.device, " to have it writable"));
    }
    return {.device_is_read_only = device_is_read_only,
            .read_only = wanted || device_is_read_only || candidate.read_only};
}

Result<Mounted> mount_candidate(const Candidate& candidate, const MountOptions& options,
                                const Access& access, const char* target, const Log& log) {
    const unsigned long flags = options.flags | (access.read_only ? unsigned{MS_RDONLY} : 0U);
    const bool is_dirty = candidate.found && candidate.found->needs_recovery;
    FailedMount failed{.node = candidate.device,
                       .type = {},
                       .found = candidate.found ? candidate.found->file_system : std::string(),
                       .code = ENODEV,
                       .type_is_given = candidate.type_is_given,
                       .is_below_overlay = access.is_below_overlay};
    for (const std::string& type : candidate.file_systems) {
        sys::MountRequest request{.source = candidate.device,
                                  .target = target,
                                  .type = type,
                                  .flags = flags,
                                  .data = options.data};
        if (access.device_is_read_only && is_dirty) skip_recovery(request, log);
        auto result = sys::mount_file_system(request);
        if (!result && result.error().code == EROFS && access.device_is_read_only &&
            skip_recovery(request, log)) {
            result = sys::mount_file_system(request);
        }
        if (result) return Mounted{candidate.device, type, access.read_only};
        // A driver that looked at it knows more than one that is missing.
        if (failed.code != ENODEV && result.error().code == ENODEV) continue;
        failed.type = type;
        failed.code = result.error().code;
    }
    return mount_failure(failed);
}

// Nothing is to change below an overlay, and some file systems write even where they are mounted
// read-only: the kernel's own switch is thrown for the device and for the partition.
Result<void> protect(const std::string& node, const std::string& device) {
    NBDROOT_CHECK(sys::set_writing(device, sys::Writing::forbidden));
    if (node == device) return {};
    return sys::set_writing(node, sys::Writing::forbidden);
}

Result<Mounted> mount_below_overlay(const config::OverlayConfig& overlay,
                                    const Candidate& candidate, const MountOptions& options,
                                    const std::string& device, const Log& log) {
    NBDROOT_CHECK(protect(candidate.device, device));
    NBDROOT_CHECK(sys::make_directories(kLower));
    const Access access{.device_is_read_only = true, .read_only = true, .is_below_overlay = true};
    Mounted mounted = NBDROOT_TRY(mount_candidate(candidate, options, access, kLower, log));
    NBDROOT_CHECK(mount_overlay(overlay, options.flags, device, log));
    mounted.has_overlay = true;
    return mounted;
}

}  // namespace

Result<Mounted> mount_root(const MountOrder& order, const Log& log) {
    const config::RootConfig& config = order.root;
    if (config.delay > Duration{0}) {
        log.info(cat("mount waits ", config.delay.count(), " ms (rootdelay=)"));
        sys::pause_until(sys::now() + config.delay);
    }
    const Candidate candidate = NBDROOT_TRY(find_candidate(config, order.device));
    const MountOptions options = split_mount_options(config.flags);
    if (order.overlay.tmpfs) {
        return mount_below_overlay(order.overlay, candidate, options, order.device, log);
    }
    const Access access = choose_access(config, options, candidate, order.device_is_read_only, log);
    NBDROOT_CHECK(sys::make_directories(kNewRoot));
    return mount_candidate(candidate, options, access, kNewRoot, log);
}

void unmount_root(const std::string& device) {
    static_cast<void>(sys::detach_mount(kNewRoot));
    take_overlay_away();
    static_cast<void>(sys::set_writing(device, sys::Writing::allowed));
}

std::string describe(const Mounted& mounted) {
    return cat(mounted.device, ", ", mounted.file_system,
               mounted.read_only ? ", read-only" : ", writable",
               mounted.has_overlay ? ", below an overlay in memory" : "");
}

}  // namespace nbdroot::agent::root
