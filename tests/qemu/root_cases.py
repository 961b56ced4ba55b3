"""Which part of what the server gives is the root, and overlays over it."""

import disks
from case import Case
from checks import (agent_line, agent_says, boot_error, file_in_image, fstab_has,
                    image_unchanged, overlay_visible, root_is)
from filesystem import UNCHECKED, ext4_at
from netlab import Netlab


def found(name, argument, make=disks.gpt, node="/dev/nbd0p2", at=disks.ROOT_BYTES, full=True):
    """A root that is found by that argument; what it writes is there afterwards."""
    return Case(
        name=name,
        arguments=f"nbdroot={{host}}:{{port}} {argument} rw test=write:{name}",
        make=make,
        format=ext4_at(at),
        checks=(root_is(node, "rw"), agent_says("switched-root"),
                file_in_image("/written", f"{name}\n")),
        full=full,
    )


def refused(name, argument, make, *fragments):
    """A boot that fails with one line that holds all of these."""
    return Case(
        name=name,
        arguments=f"nbdroot={{host}}:{{port}} {argument} nbdroot.fail=shell",
        initramfs="fail-report",
        make=make,
        format=UNCHECKED,
        checks=(boot_error(*fragments), image_unchanged),
        full=True,
    )


CASES = (
    found("root-by-partuuid", f"root=PARTUUID={disks.PART_UUID}", full=False),
    found("root-by-number", "root=/dev/nbd0p2"),
    found("root-by-uuid", f"root=UUID={disks.FILE_SYSTEM_UUID.upper()}"),
    found("root-by-label", f"root=LABEL={disks.LABEL}"),
    found("root-by-partlabel", f'"root=PARTLABEL={disks.PART_LABEL}"'),
    found("root-by-whole-label", f"root=LABEL={disks.LABEL}", disks.labelled, "/dev/nbd0", 0),
    found("root-by-mbr-partuuid", f"root=PARTUUID={disks.DISK_ID}-05", disks.mbr, "/dev/nbd0p5"),
    found("root-is-sole-partition", ""),
    found("root-is-root-type", "", disks.gpt_typed, "/dev/nbd0p2",
          disks.FIRST_BYTES + (32 << 20)),
    found("root-in-damaged-gpt", f"gpt root=PARTUUID={disks.PART_UUID}", disks.gpt_damaged),
    refused("root-damaged-gpt", "", disks.gpt_damaged, "the GPT at the start of the device is damaged",
            "the word gpt"),
    refused("root-not-clear", "", disks.gpt_two, "more than one partition has a file system",
            "/dev/nbd0p1: ext4", f"PARTUUID={disks.PART_UUID}", "root=/dev/nbd0pN"),
    refused("root-wrong-uuid", "root=UUID=dead-beef", disks.gpt, "nothing on /dev/nbd0 has this UUID",
            f"UUID={disks.FILE_SYSTEM_UUID}", f"LABEL={disks.LABEL}"),
    refused("root-wrong-number", "root=/dev/nbd0p7", disks.gpt, "sees no such partition",
            "/dev/nbd0p2: ext4"),
    refused("root-unknown-file-system", "", disks.no_file_system, "no file system known here",
            "rootfstype="),
    refused("root-cut-off", "", disks.cut_off, "its ext4 needs 32.0 MiB", "it has 16.0 MiB",
            "copy it again"),
    refused("root-cut-off-gpt", f"root=LABEL={disks.LABEL}", disks.gpt_cut_off,
            "makes no partitions of the device", "the image is cut off"),
    refused("root-without-init", "", disks.without_init, "none of /sbin/init", "/bin/sh", "init="),
    refused("root-without-given-init", "init=/no/such", disks.labelled, "init=/no/such"),
    Case(
        name="root-writable-read-only-export",
        arguments="nbdroot={host}:{port} rw test=report",
        read_only=True,
        checks=(root_is("/dev/nbd0", "ro"),
                agent_line("rw was asked for", "nbdroot.overlay=tmpfs"), image_unchanged),
        full=True,
    ),
    Case(
        name="dracut-root",
        arguments="root=nbd:10.0.2.2:{port}:ext4:rw test=write:dracut",
        checks=(root_is("/dev/nbd0", "rw"), file_in_image("/written", "dracut\n")),
        full=True,
    ),
    Case(
        name="dracut-netroot",
        arguments="netroot=nbd:10.0.2.2:{port} root=LABEL=" + disks.LABEL + " rw test=write:netroot",
        make=disks.gpt,
        format=ext4_at(disks.ROOT_BYTES),
        checks=(root_is("/dev/nbd0p2", "rw"), file_in_image("/written", "netroot\n")),
        full=True,
    ),
    Case(
        name="debian-address-and-name",
        arguments="nbdroot=10.0.2.2:{port}/root root=/dev/nbd0 rw test=write:debian",
        export="root",
        checks=(root_is("/dev/nbd0", "rw"), file_in_image("/written", "debian\n")),
        full=True,
    ),
    Case(
        name="debian-three-fields",
        arguments="nbdroot={host},root,nbd0 rw test=write:fields",
        export="root",
        port=10809,
        network=Netlab,  # where the usual port is free
        checks=(root_is("/dev/nbd0", "rw"), file_in_image("/written", "fields\n")),
        full=True,
    ),
    Case(
        name="export-of-this-machine",
        arguments="nbdroot={host}:{port}/machines/%m-%h-%i ip=::::diskless::dhcp rw"
                  " test=write:template",
        export="machines/52:54:00:12:34:56-diskless-10.0.2.15",
        checks=(root_is("/dev/nbd0", "rw"), file_in_image("/written", "template\n")),
        full=True,
    ),
    Case(
        name="overlay-busybox",
        arguments="nbdroot={host}:{port} rw nbdroot.overlay=tmpfs:64M test=write:overlay",
        checks=(root_is("overlay", "rw"), agent_says("switched-root"), overlay_visible,
                image_unchanged),
    ),
    Case(
        name="overlay-on-partition",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs test=write:overlay",
        make=disks.gpt,
        read_only=True,
        format=ext4_at(disks.ROOT_BYTES),
        checks=(root_is("overlay", "rw"), overlay_visible, image_unchanged),
        full=True,
    ),
    Case(
        name="overlay-fstab",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs test=report",
        make=disks.with_fstab,
        checks=(root_is("overlay", "rw"), fstab_has("overlay / overlay rw 0 0"), image_unchanged),
        full=True,
    ),
    Case(
        name="overlay-not-clean",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs test=write:overlay",
        make=disks.in_use,
        format=UNCHECKED,
        checks=(root_is("overlay", "rw"), overlay_visible, agent_line("noload"), image_unchanged),
        full=True,
    ),
    Case(
        name="overlay-not-clean-btrfs",
        arguments="nbdroot={host}:{port} rootflags=subvol=@ nbdroot.overlay=tmpfs"
                  " test=write:overlay",
        root="busybox-btrfs",
        initramfs="btrfs",
        make=disks.btrfs_in_use,
        format=UNCHECKED,
        checks=(root_is("overlay", "rw"), overlay_visible, agent_line("rescue=nologreplay"),
                image_unchanged),
        full=True,
    ),
    Case(
        name="overlay-not-clean-xfs",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs test=write:overlay",
        root="busybox-xfs",
        initramfs="xfs",
        make=disks.xfs_in_use,
        format=UNCHECKED,
        checks=(root_is("overlay", "rw"), overlay_visible, agent_line("norecovery"),
                image_unchanged),
        full=True,
    ),
    Case(
        name="overlay-full-90",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs:8M test=fill:92",
        checks=(root_is("overlay", "rw"), agent_line("overlay", "% full", "8.0 MiB"),
                image_unchanged),
        full=True,
    ),
)
