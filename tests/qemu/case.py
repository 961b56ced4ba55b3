"""A case: kernel arguments, image and expected result. This file runs one."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Tuple

import filesystem
import image
from failure import expect
from guest import Guest, Machine
from network import Slirp
from server import Server, SilentPort, one_export, one_image

AT_ONCE = 0.0
NEVER = None


@dataclass(frozen=True)
class Case:
    name: str
    arguments: str  # of the kernel; {host} and {port} are the server's
    # Each gets a Finding and raises Failure; a dict that one returns goes into the result.
    checks: Tuple[Callable, ...]
    root: str = "busybox"  # which image, see image.make_root
    initramfs: str = "agent"  # see image.make_initramfs
    read_only: bool = False  # of the export
    without: Optional[str] = None  # an empty directory that the root is to lack
    make: Callable = image.copy  # of the root image and a path: what is served, see disks.py
    format: Optional[str] = None  # of what make() makes, see filesystem.py; None: the root image's
    export: Optional[str] = None  # the name of the only one; None: the default one
    port: int = 0  # of the server; 0: any
    # When the server comes up: AT_ONCE, NEVER, or seconds after the guest first tried.
    server_comes: Optional[float] = AT_ONCE
    ended: str = "guest-shutdown"
    limit_s: int = 120
    network: Callable = Slirp  # of the case's folder, see network.py
    full: bool = False  # only in qemu-test-full
    kernel: str = image.DEFAULT_KERNEL
    waits: bool = False  # most of the time, so that others can use the processors
    console: str = "ttyS0"
    reports: bool = True  # False: the guest ends before there is anything to report
    # Called with a Scene before the guest runs; what it returns is called when the guest is gone.
    during: Optional[Callable] = None

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        return _run(self, folder, programs)


@dataclass(frozen=True)
class Finding:
    """What a case left behind."""

    report: dict  # the guest's one line of JSON
    image: Path
    template: Path
    seconds: float
    format: str = "ext4"  # see image.format_of


@dataclass(frozen=True)
class Scene:
    """What a case can act on while its guest runs."""

    guest: Guest
    disk: Path
    server: Server
    silent: Optional[SilentPort]  # where the server is to come up, if it does not run
    host: str
    port: int
    network: object  # see network.py

    def server_comes(self):
        self.silent.release()
        self.server.start(self.silent.number)


def _run(case, folder, programs):
    disk = folder / "root.img"
    template = image.root(case.root)
    if case.make is not image.copy:
        template = folder / "template.img"
        case.make(image.root(case.root), template)
    image.copy(template, disk)
    if case.without:
        image.remove_directory(disk, case.without)
    with ExitStack() as stack:
        network = stack.enter_context(case.network(folder))
        server = stack.enter_context(Server(programs / "nbd-rootserver",
                                            _arguments(case, disk, folder),
                                            folder / "server.log", network))
        silent = None if case.server_comes == AT_ONCE else SilentPort()
        port = silent.number if silent else server.start(case.port)
        machine = Machine(*image.boot_files(case.initramfs, case.kernel),
                          case.arguments.format(host=network.host, port=port),
                          console=case.console)
        with Guest(machine, folder, network) as guest:
            if silent and case.server_comes is not NEVER:
                _let_server_come(case.server_comes, server, silent, guest)
            scene = Scene(guest, disk, server, silent, network.host, port, network)
            conclude = case.during(scene) if case.during else None
            outcome = guest.run(case.limit_s)
            if conclude:
                conclude()
        server.stop()
    expect(outcome.ended == case.ended, f"the guest ended by {outcome.ended}, not {case.ended}")
    if case.reports:
        expect(len(outcome.results) == 1 and isinstance(outcome.results[0], dict),
               f"the guest reported {outcome.results or 'nothing'} instead of one JSON object")
    else:
        expect(not outcome.results, f"the guest reported {outcome.results}")
        outcome.results.append({})
    disk_format = case.format or image.format_of(case.root)
    filesystem.check_clean(disk, disk_format)
    figures = {}
    for check in case.checks:
        finding = Finding(outcome.results[0], disk, template, outcome.seconds, disk_format)
        figures |= check(finding) or {}
    disk.unlink()
    (folder / "template.img").unlink(missing_ok=True)
    return figures


def _arguments(case, disk, folder):
    """Of the server, as a function of where it is to listen."""
    if case.export is None:
        return one_image(disk, case.read_only)
    return one_export(case.export, disk, folder / "server.ini", case.read_only)


def _let_server_come(seconds, server, silent, guest):
    """That long after the guest's first attempt; what it tries before is reset, then refused."""

    def come_up():
        silent.release()
        server.start(silent.number)

    def first_attempt():
        silent.refuse()
        guest.after(seconds, come_up)

    guest.when_readable(silent.listen(), first_attempt)


def fresh_folder(parent, name):
    folder = parent / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
