"""Which fault of a network lab is tried in which mode: all by netlink, and each kind of them once
by the relay and by ioctl."""

from dataclasses import replace

import lab_faults as f
from drill import Drill
from lab_stage import LabStage, SabotageStage
from netlab import Netlab

PLAIN = (
    f.HALF_OPEN_20, f.HALF_OPEN_30, f.HALF_OPEN_120, f.ONE_WAY_FROM, f.ONE_WAY_TO, f.SYN_DROPPED,
    f.RESET, f.SERVER_REBOOT, f.SILENT_REPLACED, f.STALL_30, f.ADDRESS_DELETED, f.LINK_DOWN,
    f.ROUTE_DELETED, f.CUT_IN_DISCOVER, f.CUT_IN_REQUEST, f.OLD_WRITE,
)
SABOTAGED = (
    f.RESET_HANDSHAKE, f.RESET_BOOT, f.RESET_BUSY, f.SILENT_HANDSHAKE, f.CLOSED_WINDOW,
    f.LIES_AT_RETURN, f.LIES,
)
PAIRS = (
    (f.HALF_OPEN_20, "relay", "6.1"), (f.HALF_OPEN_20, "ioctl", "5.10"),
    (f.HALF_OPEN_20, "netlink", "7.3"), (f.HALF_OPEN_20, "netlink", "5.10"),
    (f.RESET, "relay", "7.3"), (f.RESET, "ioctl", "6.1"), (f.RESET, "netlink", "5.10"),
    (f.SERVER_REBOOT, "relay", "6.1"), (f.SILENT_REPLACED, "ioctl", "6.1"),
    (f.STALL_30, "relay", "6.1"), (f.ADDRESS_DELETED, "ioctl", "7.3"),
    (f.LINK_DOWN, "relay", "5.10"), (f.OLD_WRITE, "relay", "6.1"), (f.OLD_WRITE, "ioctl", "7.3"),
    (f.RESET_HANDSHAKE, "relay", "6.1"), (f.RESET_HANDSHAKE, "ioctl", "5.10"),
    (f.RESET_BUSY, "relay", "6.1"), (f.RESET_BUSY, "ioctl", "7.3"),
    (f.RESET_BUSY, "netlink", "5.10"), (f.RESET_BUSY, "netlink", "7.3"),
    (f.CLOSED_WINDOW, "relay", "6.1"), (f.LIES, "relay", "6.1"), (f.LIES, "ioctl", "5.10"),
    (f.LIES, "netlink", "7.3"), (f.LIES, "netlink", "5.10"),
    (f.LIES_AT_RETURN, "relay", "7.3"),
)
# These guard most: also in the fast set.
FAST = {"half-open-20-netlink-6.1", "reset-2-netlink-6.1"}


def _drill(fault, mode="netlink", kernel="6.1"):
    stage = SabotageStage if fault in SABOTAGED else LabStage
    drill = Drill(fault, mode, kernel, network=Netlab, stage=stage)
    return replace(drill, full=drill.name not in FAST)


DRILLS = tuple([_drill(fault) for fault in PLAIN + SABOTAGED]
               + [_drill(*pair) for pair in PAIRS])
