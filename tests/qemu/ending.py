"""An ending: an init, a verb and what becomes of the server meanwhile. This file runs one and judges
what it left."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import image
import process
from drill import MODES
from failure import expect
from guest import Guest, Machine
from network import Slirp
from server import Server, SilentPort, one_image

FILES = image.SUPPORT / "images/ending"
LIMIT_S = 10  # nbdroot.shutdown-timeout= where the server stays away
BACK_AFTER_S = 6
SLACK_S = 25  # for an emulated machine on a busy one
GUEST_LIMIT_S = 300
ENDED = {"poweroff": "guest-shutdown", "reboot": "guest-reset", "halt": "halted",
         "kexec": "guest-shutdown"}  # what a kexec starts powers off


@dataclass(frozen=True)
class Init:
    root: str  # see image.make_root
    arguments: str
    files: tuple  # of FILES, and where they go in the image
    links: tuple = ()  # what they say, and where they go


INITS = {
    "custom": Init("busybox", "init=/sbin/init-end",
                   (("end", "/sbin/end"), ("init", "/sbin/init-end"))),
    "busybox": Init("busybox", "init=/bin/init",
                    (("end", "/sbin/end"), ("inittab", "/etc/inittab"))),
    "sysvinit": Init("sysvinit", "", (("end", "/usr/sbin/end"),)),
    "systemd": Init("debian", "",
                    (("end", "/usr/sbin/end"),
                     ("nbdroot-end.service", "/etc/systemd/system/nbdroot-end.service")),
                    (("../nbdroot-end.service",
                      "/etc/systemd/system/multi-user.target.wants/nbdroot-end.service"),)),
}


@dataclass(frozen=True)
class Ending:
    init: str
    verb: str
    server: str = "there"  # or "gone", "back"
    mode: str = "netlink"
    kernel: str = image.DEFAULT_KERNEL
    full: bool = True
    resident: str = ""  # or "dead", "session-dead": what becomes of it before the end

    @property
    def name(self):
        words = ["ending", self.init, self.verb, self.server, self.mode, self.kernel]
        return "-".join(words + ([f"resident-{self.resident}"] if self.resident else []))

    root = property(lambda self: INITS[self.init].root)
    initramfs = "agent"
    waits = property(lambda self: self.server != "there" and self.init != "systemd")

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        return _run(self, folder, programs)


class _Story:
    """What happens to the server, and when."""

    def __init__(self, ending, guest, server, port):
        self._ending, self._guest, self._server, self._port = ending, guest, server, port
        self.began = None
        guest.on_event(self._on_event)

    def _on_event(self, event):
        if event["event"] != "written":
            return
        self.began = time.monotonic()
        if self._ending.server != "there":
            self._server.kill()
        if self._ending.server == "back":
            self._guest.after(BACK_AFTER_S, lambda: self._server.start(self._port))
        if self._ending.verb == "halt":
            self._guest.watch_for_halt()
        self._guest.tell("go")


def _run(ending, folder, programs):
    init = INITS[ending.init]
    disk = _disk(ending, init, folder / "root.img", programs)
    limit_s = LIMIT_S if ending.server == "gone" else 120
    log = folder / "server.log"
    with Slirp(folder) as network, \
            Server(programs / "nbd-rootserver", one_image(disk), log, network) as server:
        silent = SilentPort()
        server.start(silent.number)
        words = [f"nbdroot={network.host}:{silent.number}", "rw", init.arguments,
                 MODES[ending.mode].arguments, f"nbdroot.shutdown-timeout={limit_s}",
                 f"ending={ending.verb}", f"resident={ending.resident}"]
        machine = Machine(*image.boot_files(ending.initramfs, ending.kernel), " ".join(words))
        with Guest(machine, folder, network) as guest:
            story = _Story(ending, guest, server, silent.number)
            outcome = guest.run(GUEST_LIMIT_S)
        took_s = time.monotonic() - (story.began or 0)
        silent.release()
        server.stop()
    _judge_end(ending, outcome, took_s)
    _judge_disk(ending, disk, log.read_text())
    if ending.server != "gone" and not _is_cut_off(ending):
        console = (folder / "console.log").read_text(errors="replace")
        expect("I/O error" not in console, "an I/O error stands on the console")
    disk.unlink()
    return {"ending_s": round(took_s, 1)}


def _is_cut_off(ending):
    """systemd's last SIGSTOP ends a device by ioctl, with a root that is read-only by then: reads may
    fail in the last moments, as nbdroot-cmdline(7) says."""
    return ending.init == "systemd" and ending.mode == "ioctl"


def _disk(ending, init, disk, programs):
    image.copy(image.root(init.root), disk)
    process.run("debugfs", "-w", "-R", "mkdir /boot", disk)
    added = [(FILES / name, path) for name, path in init.files]
    if ending.verb == "kexec":
        kernel, initramfs = _next_kernel(ending.kernel, programs)
        added += [(kernel, "/boot/vmlinuz"), (initramfs, "/boot/initrd"),
                  (programs / "root-load", "/boot/root-load")]
    for source, path in added:
        image.add_program(disk, Path(source).resolve(), path)
    for target, path in init.links:
        process.run("debugfs", "-w", "-R", f"symlink {path} {target}", disk)
    return disk


_made = set()
_making = threading.Lock()


def _next_kernel(kernel, programs):
    """What a kexec starts; one case after the other asks for it."""
    with _making:
        if kernel not in _made:
            image.make_initramfs("fail-report", programs, kernel)
            _made.add(kernel)
    return image.boot_files("fail-report", kernel)


def _judge_end(ending, outcome, took_s):
    expect(outcome.ended == ENDED[ending.verb],
           f"the guest ended by {outcome.ended}, not {ENDED[ending.verb]}")
    reports = [result.get("report") for result in outcome.results if isinstance(result, dict)]
    wanted = ["fail"] if ending.verb == "kexec" else []
    expect(reports == wanted, f"the guest reported {outcome.results}")
    if ending.server == "gone":
        expect(LIMIT_S - 1 <= took_s <= LIMIT_S + SLACK_S,
               f"the machine ended after {took_s:.1f} s; its limit was {LIMIT_S} s")


def _judge_disk(ending, disk, log):
    """The server was told, and the file system is clean, with all that was ever written."""
    farewells = log.count(": disconnected;")
    if ending.server == "gone":
        image.replay_journal(disk)
    else:
        expect(farewells == 1, f"the server saw {farewells} NBD_CMD_DISC")
        image.check_clean(disk)
        expect(image.read_file(disk, "/late") == "late\n", "what was written last is lost")
    expect(image.read_file(disk, "/early") == "early\n", "what was synced is lost")
