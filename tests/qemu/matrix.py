"""Which fault is tried in which mode on which kernel: the whole product on 6.1 by netlink, and
chosen pairs so that each fault meets each mode, and each kernel each mode."""

from dataclasses import replace

import faults as f
from drill import Drill

WHOLE = (
    f.NONE, f.KILL_RESTART_3, f.KILL_RESTART_30, f.KILL_RESTART_120, f.TERM_RESTART_3, f.STOP_30,
    f.CUT_30, f.CUT_120, f.CUT_KILL_30, f.WRONG_IMAGE, f.SECOND_READ_ONLY, f.SECOND_FAILOVER_RW,
    f.SECOND_NO_FAILOVER, f.RESTARTS_20, f.OUTAGE_600, f.SESSION_KILL, f.SESSION_KILL_IN_OUTAGE,
    f.RECONNECTS_1000, f.MEMORY, f.TIMEOUT_SILENT, f.LOST_REBOOT, f.LOST_ERROR, *f.BOOT, f.BOOT_TIMEOUT,
    f.FAIL_REBOOT, f.FAIL_POWEROFF, f.SYSTEMD_30, f.SYSTEMD_600,
)

PAIRS = (
    (f.KILL_RESTART_3, "relay", "6.1"), (f.KILL_RESTART_3, "ioctl", "6.1"),
    (f.KILL_RESTART_3, "netlink", "5.10"), (f.KILL_RESTART_3, "relay", "5.10"),
    (f.KILL_RESTART_3, "ioctl", "5.10"),
    (f.KILL_RESTART_3, "netlink", "7.3"), (f.KILL_RESTART_3, "relay", "7.3"),
    (f.KILL_RESTART_3, "ioctl", "7.3"),
    (f.KILL_RESTART_30, "relay", "7.3"), (f.KILL_RESTART_30, "ioctl", "5.10"),
    (f.KILL_RESTART_120, "ioctl", "6.1"), (f.KILL_RESTART_120, "relay", "5.10"),
    (f.TERM_RESTART_3, "relay", "6.1"), (f.TERM_RESTART_3, "ioctl", "7.3"),
    (f.STOP_30, "relay", "5.10"), (f.STOP_30, "ioctl", "6.1"), (f.STOP_30, "netlink", "7.3"),
    (f.CUT_30, "relay", "6.1"), (f.CUT_30, "ioctl", "7.3"), (f.CUT_30, "netlink", "5.10"),
    (f.CUT_120, "relay", "7.3"), (f.CUT_120, "ioctl", "5.10"),
    (f.CUT_KILL_30, "relay", "6.1"), (f.CUT_KILL_30, "ioctl", "7.3"),
    (f.CUT_KILL_30, "netlink", "5.10"),
    (f.WRONG_IMAGE, "relay", "5.10"), (f.WRONG_IMAGE, "ioctl", "6.1"),
    (f.SECOND_READ_ONLY, "relay", "7.3"), (f.SECOND_FAILOVER_RW, "ioctl", "5.10"),
    (f.RESTARTS_20, "relay", "6.1"), (f.RESTARTS_20, "ioctl", "7.3"),
    (f.RESTARTS_20, "netlink", "5.10"),
    (f.OUTAGE_600, "relay", "7.3"), (f.OUTAGE_600, "ioctl", "6.1"),
    (f.SESSION_KILL, "relay", "6.1"), (f.SESSION_KILL, "ioctl", "6.1"),
    (f.SESSION_KILL, "netlink", "7.3"), (f.SESSION_KILL, "relay", "5.10"),
    (f.SESSION_KILL_IN_OUTAGE, "relay", "6.1"), (f.SESSION_KILL_IN_OUTAGE, "ioctl", "7.3"),
    (f.RECONNECTS_1000, "relay", "6.1"), (f.MEMORY, "relay", "6.1"), (f.MEMORY, "ioctl", "6.1"),
    (f.MEMORY, "netlink", "7.3"), (f.MEMORY, "relay", "5.10"),
    (f.TIMEOUT_SILENT, "relay", "6.1"), (f.TIMEOUT_SILENT, "ioctl", "7.3"),
    (f.LOST_REBOOT, "relay", "7.3"), (f.LOST_REBOOT, "ioctl", "5.10"),
    (f.LOST_ERROR, "relay", "6.1"), (f.LOST_ERROR, "ioctl", "7.3"),
    *((fault, "ioctl", "6.1") for fault in f.BOOT), *((fault, "relay", "7.3") for fault in f.BOOT),
    (f.SYSTEMD_600, "relay", "7.3"), (f.SYSTEMD_30, "ioctl", "6.1"),
)

PEERS = (
    (f.KILL_RESTART_3, "netlink", "nbdkit"), (f.KILL_RESTART_3, "relay", "nbdkit"),
    (f.KILL_RESTART_3, "ioctl", "nbdkit"), (f.KILL_RESTART_30, "netlink", "nbdkit"),
    (f.KILL_RESTART_3, "netlink", "qemu-nbd"), (f.KILL_RESTART_3, "relay", "qemu-nbd"),
    (f.KILL_RESTART_30, "ioctl", "qemu-nbd"),
    (f.TERM_RESTART_3, "netlink", "qemu-nbd"), (f.TERM_RESTART_3, "relay", "qemu-nbd"),
    (f.TERM_RESTART_3, "relay", "nbdkit"), (f.TERM_RESTART_3, "ioctl", "nbdkit"),
)

# These guard most: also in the fast set.
FAST = {"kill-restart-3-netlink-6.1", "kill-restart-3-relay-6.1", "kill-restart-3-ioctl-6.1",
        "session-kill-netlink-6.1", "session-kill-relay-6.1"}


def _drills():
    drills = [Drill(fault) for fault in WHOLE]
    drills += [Drill(fault, mode, kernel) for fault, mode, kernel in PAIRS]
    drills += [Drill(fault, mode, server=server) for fault, mode, server in PEERS]
    drills.append(Drill(f.TERM_RESTART_3_ERRORS, server="nbdkit"))
    return tuple(replace(drill, full=drill.name not in FAST) for drill in drills)


DRILLS = _drills()
