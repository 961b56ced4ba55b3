"""Operators' tools, each on a root under load."""

from dataclasses import dataclass
from typing import Callable, Tuple

import image
import tool_server_stories as s
import tool_stories as t
from workbench import Workbench

MODES = ("netlink", "ioctl", "relay")
STEER = (t.shows_status, t.keeps_a_text, t.reconnects, t.moves_to_another_server, t.session_process_dies,
         t.wish_outlives_the_session_process, t.two_operators_at_once, t.answers_while_the_server_is_away,
         t.changes_the_log_level)
LOOK = (t.shows_what_goes_on, t.several_follow, t.says_what_the_trace_has_lost, t.answers_a_signal)
SERVER = (s.runs_commands, s.refuses_commands, s.hashes_are_those_of_the_bytes, s.trim_punches_holes,
          t.may_not_move)
FOREIGN = (s.is_not_supported, t.may_not_move)
STORM = (t.dead_server_fills_no_log, t.log_stays_readable)


@dataclass(frozen=True)
class ToolCase:
    theme: str
    parts: Tuple[Callable, ...]
    mode: str = "netlink"
    server: str = "ours"
    kernel: str = image.DEFAULT_KERNEL
    first: Tuple[Callable, ...] = ()  # parts before there is a load
    ends_alive: bool = True  # False: the parts leave a dead device
    arguments: str = "nbdroot.failover=rw"
    full: bool = True
    root: str = "load"
    initramfs: str = "agent"
    waits: bool = False

    @property
    def name(self):
        return "-".join(("tools", self.theme, self.mode, self.kernel, self.server))

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        with Workbench(folder, programs, self) as bench:
            for part in self.first:
                bench.carry_out(part)
            bench.begin_load()
            for part in self.parts:
                bench.carry_out(part)
            return bench.finish() if self.ends_alive else bench.finish_without_root()


def _server(mode, server="ours", parts=SERVER, first=(s.sync_is_a_flush_there,)):
    return ToolCase("server", parts, mode, server, first=first, arguments="")


def _storm(mode, server="ours"):
    return ToolCase("storm", STORM, mode, server, waits=True)


def _force(mode, server="ours", there=True):
    return ToolCase("force" if there else "force-silent", (s.device_dies if there else s.silent_device_dies,),
                    mode, server, ends_alive=False)


CASES = (
    *(ToolCase("steer", STEER, mode) for mode in MODES),
    *(ToolCase("steer", STEER, mode, "nbdkit") for mode in ("netlink", "ioctl")),
    ToolCase("look", LOOK, full=False),
    ToolCase("look", LOOK, "ioctl"),
    ToolCase("look", LOOK, "relay", kernel="7.3"),
    *(ToolCase("look", LOOK, kernel=kernel) for kernel in ("5.10", "7.3")),
    ToolCase("look", LOOK, "ioctl", kernel="5.10"),
    *(ToolCase("look", LOOK, mode, "nbdkit") for mode in ("netlink", "ioctl")),
    *(ToolCase("timeout", (t.timeout_takes_effect,), mode) for mode in MODES),
    *(ToolCase("timeout", (t.timeout_takes_effect,), mode, "nbdkit") for mode in ("netlink", "ioctl")),
    *(_server(mode) for mode in ("netlink", "ioctl")),
    *(_server(mode, "nbdkit", (*FOREIGN, s.trim_punches_holes)) for mode in ("netlink", "ioctl")),
    _server("netlink", "qemu-nbd", FOREIGN, ()),
    _server("netlink", "nbd-server", FOREIGN, ()),
    *(_storm(mode) for mode in MODES),
    *(_storm(mode, "nbdkit") for mode in ("netlink", "ioctl")),
    *(_force(mode) for mode in MODES),
    *(_force(mode, "nbdkit") for mode in ("netlink", "ioctl")),
    *(_force(mode, there=False) for mode in MODES),
    *(_force(mode, "nbdkit", there=False) for mode in ("netlink", "ioctl")),
)
