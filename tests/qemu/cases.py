"""The cases. Each is run on a copy of its image, and each image has to be clean after."""

from case import NEVER, Case
from checks import (address_is, agent_says, boot_error, file_in_image, image_unchanged,
                    init_has_a_fresh_start, root_is, said_goodbye, system_running)
from ending_cases import CASES as ENDING_CASES
from filesystem_cases import CASES as FILESYSTEM_CASES
from handover_cases import CASES as HANDOVER_CASES
from lab_matrix import DRILLS as LAB_DRILLS
from machine_cases import CASES as MACHINE_CASES
from matrix import DRILLS
from netlab_cases import CASES as NETLAB_CASES
from nic_cases import CASES as NIC_CASES
from overlay_cases import CASES as OVERLAY_CASES
from rescue_cases import CASES as RESCUE_CASES
from root_cases import CASES as ROOT_CASES
from service_cases import CASES as SERVICE_CASES
from tool_cases import CASES as TOOL_CASES
from twin_cases import CASES as TWIN_CASES

CASES = (
    Case(
        name="busybox-read-only",
        arguments="nbdroot={host}:{port} ro test=report",
        read_only=True,
        checks=(root_is("/dev/nbd0", "ro"), agent_says("switched-root"), image_unchanged),
    ),
    Case(
        name="busybox-read-write",
        arguments="nbdroot={host}:{port} rw test=write:netlink",
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"),
                file_in_image("/written", "netlink\n")),
    ),
    Case(
        name="debian-systemd",
        arguments="nbdroot={host}:{port} rw nbdroot-report",
        root="debian",
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"), system_running,
                said_goodbye),
        limit_s=300,
    ),
    Case(
        name="debian-systemd-ioctl",
        arguments="nbdroot=10.0.2.2:{port} nbdroot.attach=ioctl rw nbdroot-report",
        root="debian",
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"), system_running,
                said_goodbye),
        limit_s=300,
        full=True,
    ),
    Case(
        name="wrong-server-address",
        arguments="nbdroot={host}:{port} nbdroot.boot-timeout=5 nbdroot.fail=shell",
        initramfs="fail-report",
        server_comes=NEVER,
        checks=(boot_error("10.0.2.2:", "Connection refused"),),
    ),
    Case(
        name="wrong-export-name",
        arguments="nbdroot={host}:{port}/nowhere nbdroot.boot-timeout=5 nbdroot.fail=shell",
        initramfs="fail-report",
        checks=(boot_error("10.0.2.2:", "nowhere", "root"),),
    ),
    Case(
        name="server-comes-late",
        arguments="nbdroot={host}:{port} rw test=report",
        server_comes=10.0,
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root", connect_took_ms=9_000)),
    ),
    Case(
        name="ioctl-attach",
        arguments="nbdroot={host}:{port} nbdroot.attach=ioctl rw test=write:ioctl",
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"),
                file_in_image("/written", "ioctl\n")),
    ),
    Case(
        name="static-address",
        arguments="nbdroot={host}:{port} ip=10.0.2.77::10.0.2.2:255.255.255.0:diskless:eth0:off"
                  " net.ifnames=0 ro test=report",
        read_only=True,
        checks=(root_is("/dev/nbd0", "ro"), address_is("10.0.2.77/24")),
    ),
    Case(
        name="dhcp-target-static-address",
        arguments="nbdroot=dhcp ip=10.0.2.77::10.0.2.2:24::eth0:off nbdroot.fail=shell",
        initramfs="fail-report",
        checks=(boot_error("nbdroot=dhcp", "not configured by DHCP"),),
    ),
    Case(
        name="root-without-dev",
        arguments="nbdroot={host}:{port} ro init=/bin/sh -- -c \"mount -t devtmpfs dev /tmp;"
                  " echo {{}} >/tmp/ttyS1; poweroff -f\"",
        read_only=True,
        without="/dev",
        checks=(),  # its init runs: the report says so
    ),
    Case(
        name="first-process",
        arguments="nbdroot={host}:{port} nbdroot.device=nbd1 ro test=first -- single",
        read_only=True,
        checks=(init_has_a_fresh_start("/dev/nbd1"),),
    ),
    Case(
        name="initramfs-tools",
        arguments="nbdroot={host}:{port} rw test=write:initramfs-tools",
        initramfs="initramfs-tools",
        checks=(root_is("/dev/nbd0", "rw"), agent_says("attached"),
                file_in_image("/written", "initramfs-tools\n")),
        limit_s=180,
    ),
) + ROOT_CASES + SERVICE_CASES + OVERLAY_CASES + FILESYSTEM_CASES + NETLAB_CASES + NIC_CASES + RESCUE_CASES + (
    MACHINE_CASES + TOOL_CASES + TWIN_CASES + ENDING_CASES + HANDOVER_CASES + DRILLS + LAB_DRILLS)
