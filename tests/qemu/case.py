"""A case: kernel arguments, image and expected result. This file runs one."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Tuple

import image
from failure import expect
from guest import Guest, Machine
from server import Server, SilentPort, one_image

NEVER = None


@dataclass(frozen=True)
class Case:
    name: str
    arguments: str  # of the kernel; {port} is the server's, on 10.0.2.2
    checks: Tuple[Callable, ...]  # each gets a Finding and raises Failure
    root: str = "busybox"  # which image, see image.make_root
    initramfs: str = "agent"  # see image.make_initramfs
    read_only: bool = False  # of the export
    server_at_s: Optional[float] = 0.0  # when the server comes up; NEVER: a dead port
    ended: str = "guest-shutdown"
    limit_s: int = 120
    full: bool = False  # only in qemu-test-full


@dataclass(frozen=True)
class Finding:
    """What a case left behind."""

    report: dict  # the guest's one line of JSON
    image: Path
    template: Path
    seconds: float


def run(case, folder, programs):
    """Runs a case in an empty folder; logs stay there. Returns the seconds the guest lived."""
    disk = folder / "root.img"
    template = image.root(case.root)
    image.copy(template, disk)
    with ExitStack() as stack:
        server = stack.enter_context(Server(programs / "nbd-rootserver",
                                            one_image(disk, case.read_only),
                                            folder / "server.log"))
        port, timers = _arrange(case, server)
        machine = Machine(*image.boot_files(case.initramfs), case.arguments.format(port=port))
        with Guest(machine, folder) as guest:
            outcome = guest.run(case.limit_s, timers)
        server.stop()
    expect(outcome.ended == case.ended, f"the guest ended by {outcome.ended}, not {case.ended}")
    expect(len(outcome.results) == 1 and isinstance(outcome.results[0], dict),
           f"the guest reported {outcome.results or 'nothing'} instead of one JSON object")
    image.check_clean(disk)
    for check in case.checks:
        check(Finding(outcome.results[0], disk, template, outcome.seconds))
    disk.unlink()
    return outcome.seconds


def _arrange(case, server):
    """Starts the server now, or has it started by a timer of the guest: (port, timers)."""
    if case.server_at_s == 0.0:
        return server.start(), []
    silent = SilentPort()
    if case.server_at_s is NEVER:
        return silent.number, []

    def come_up():
        silent.release()
        server.start(silent.number)

    return silent.number, [(case.server_at_s, come_up)]


def fresh_folder(parent, name):
    folder = parent / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
