"""Each file system a root may have, booted, written to where that is allowed, shut down and looked
at on the host."""

import image
from case import Case
from checks import (agent_says, file_in_image, fsck_ran, guest_reads, image_unchanged,
                    modules_load, overlay_visible, root_is, said_goodbye, system_running,
                    tree_is_whole)

UUID = "6e626472-6f6f-4074-8000-000000000001"  # see make-image

# Format -> (how its root is found, device, initramfs). The cloud kernel has no f2fs.
WRITABLE = {
    "ext4": ("root=LABEL=nbdroot", "/dev/nbd0", "agent"),
    "ext4-gpt": ("root=PARTLABEL=nbdroot", "/dev/nbd0p2", "agent"),
    "xfs": (f"root=UUID={UUID}", "/dev/nbd0", "xfs"),
    "btrfs": ("root=LABEL=nbdroot rootflags=subvol=@", "/dev/nbd0", "btrfs"),
    # Linux 6.1's f2fs dies of a flush where it was mounted read-only first.
    "f2fs": ("root=LABEL=nbdroot rw", "/dev/nbd0", "f2fs"),
}
KERNELS = {"f2fs": "6.1-generic"}
READ_ONLY = ("squashfs", "erofs")  # the whole image, under an overlay
FAST = "squashfs"  # in the fast set, with busybox


def _busybox(format_):
    words, device, initramfs = WRITABLE[format_]
    return Case(
        name=f"busybox-on-{format_}",
        arguments=f"nbdroot={{host}}:{{port}} {words} rw test=write:{format_} end=agent",
        root=f"busybox-{format_}",
        initramfs=initramfs,
        kernel=KERNELS.get(format_, image.DEFAULT_KERNEL),
        checks=(root_is(device, "rw"), agent_says("switched-root"), modules_load, said_goodbye,
                file_in_image("/written", f"{format_}\n")),
        full=True,
    )


def _systemd(format_):
    """Mounted read-only first where that can be, as systemd expects it: fstab's line makes it
    writable."""
    words, device, initramfs = WRITABLE[format_]
    subvolume = "[/@]" if format_ == "btrfs" else ""  # as findmnt shows it
    return Case(
        name=f"systemd-on-{format_}",
        arguments=f"nbdroot={{host}}:{{port}} {words} nbdroot-report={format_} nbdroot-manifest",
        root=f"debian-{format_}",
        initramfs=initramfs,
        kernel=KERNELS.get(format_, image.DEFAULT_KERNEL),
        checks=(root_is(device + subvolume, "rw"), agent_says("switched-root"), system_running,
                said_goodbye, tree_is_whole, fsck_ran(format_.startswith("ext4")),
                file_in_image("/written", f"{format_}\n")),
        limit_s=300,
        full=True,
    )


def _busybox_overlay(format_):
    return Case(
        name=f"busybox-over-{format_}",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs"
                  f" test=write:{format_} end=agent",
        root=f"busybox-{format_}",
        read_only=True,
        checks=(root_is("overlay", "rw"), agent_says("switched-root"), modules_load, said_goodbye,
                overlay_visible, guest_reads(format_), image_unchanged),
        full=format_ != FAST,
    )


def _systemd_overlay(format_):
    """Writable export: nothing may write to it all the same. Its fstab is that of a machine with a
    disk."""
    return Case(
        name=f"systemd-over-{format_}",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs"
                  f" nbdroot-report={format_} nbdroot-manifest",
        root=f"debian-{format_}",
        checks=(root_is("overlay", "rw"), agent_says("switched-root"), system_running,
                said_goodbye, tree_is_whole, guest_reads(format_), image_unchanged),
        limit_s=300,
        full=True,
    )


CASES = (
    *map(_busybox, WRITABLE), *map(_busybox_overlay, READ_ONLY),
    *map(_systemd, WRITABLE), *map(_systemd_overlay, ("ext4", *READ_ONLY)),
)
