"""A read-only root loses its server and is offered others: by name, size, flags and id of the image they
are alike, but one of the images differs in a byte."""

from contextlib import ExitStack
from dataclasses import dataclass

import image
import process
from drill import MODES
from failure import expect
from guest import Machine
from network import Slirp
from room import Inhabitant
from server import Server, SilentPort
from workbench import AGENTS_OWN, BOOT_LIMIT_S, MAC, until

EXPORT = "disk"
MEMORY_MIB = 192
SERVERS = ("first", "changed", "same")
# Neither in the first and last MiB nor in the blocks that the id of an image is made of.
PLACE = (5 << 20) + 5000


class Twins(ExitStack):
    """Three servers, of which none runs."""

    def __init__(self, folder, programs):
        super().__init__()
        self._folder, self._programs = folder, programs
        self._ports = {name: SilentPort() for name in SERVERS}
        self._servers = {}

    def __enter__(self):
        super().__enter__()
        for name in SERVERS:
            self.callback(self._ports[name].release)
            folder = self._folder / name
            folder.mkdir()
            image.copy(image.root("busybox"), folder / "disk.img")
            self._servers[name] = self.enter_context(
                Server(self._programs / "nbd-rootserver", self._arguments(name), folder / "server.log",
                       Slirp(folder)))
        _change_byte(self._folder / "changed/disk.img")
        return self

    def _arguments(self, name):
        folder = self._folder / name

        def arguments(address, port):
            config = folder / "server.ini"
            config.write_text(
                f"[generic]\nlistenaddr = {address}\nport = {port}\ncontrol-socket = {folder}/control\n"
                f"[{EXPORT}]\nexportname = {folder}/disk.img\nreadonly = true\n", encoding="utf-8")
            return ["-c", config]

        return arguments

    def target(self):
        return ",".join(f"nbd://{Slirp.host}:{port.number}/{EXPORT}" for port in self._ports.values())

    def address(self, name):
        return f"{Slirp.host}:{self._ports[name].number}"

    def start(self, name):
        """It knows the Merkle root of its image when this returns. A root that was kept is no line of the log, so
        the server is asked again and again, for 60 s at most."""
        self._servers[name].start(self._ports[name].number)
        hash_ = f"{self._programs}/nbd-rootserverctl -s {self._folder}/{name}/control --json hash"
        process.run("timeout", "60", "sh", "-c",
                    f"until {hash_} | grep -q '\"state\":\"known\"'; do sleep 0.1; done")

    def kill(self, name):
        self._servers[name].kill()

    def stop(self):
        for server in self._servers.values():
            server.stop()


def _change_byte(disk):
    with open(disk, "r+b") as file:
        file.seek(PLACE)
        byte = file.read(1)[0]
        file.seek(PLACE)
        file.write(bytes([byte ^ 1]))


@dataclass(frozen=True)
class TwinCase:
    mode: str
    full: bool = True
    kernel: str = image.DEFAULT_KERNEL
    root: str = "busybox"
    initramfs: str = "agent"
    waits: bool = False

    @property
    def name(self):
        return f"twin-image-{self.mode}"

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        with Twins(folder, programs) as twins:
            twins.start("first")
            arguments = f"nbdroot={twins.target()} ro {MODES[self.mode].arguments} test=orders"
            machine = Machine(*image.boot_files("agent", self.kernel), arguments, MEMORY_MIB)
            guest = Inhabitant(machine, folder, MAC)
            guest.wait_for("ready", BOOT_LIMIT_S)
            _lose_and_find(twins, guest)
            guest.end()
            twins.stop()
        for name in SERVERS:
            (folder / name / "disk.img").unlink()
        return {}


def _lose_and_find(twins, guest):
    status = f"{AGENTS_OWN} status --json"
    guest.do(f"md5sum /bin/busybox >/run/sum; {status}", twins.address("first"))
    twins.start("changed")
    twins.kill("first")
    line = guest.do(until("dmesg | grep 'nbdroot.*server skipped'")).splitlines()[-1]
    for part in (twins.address("changed"), "another image", "its image is merkle", "this boot's is merkle"):
        expect(part in line, f"the agent says {line!r}, without {part!r}")
    guest.do(f"! {status} | grep '\"state\":\"connected\"'")
    twins.start("same")
    guest.do(until(f"{status} | grep '\"state\":\"connected\"'"), twins.address("same"))
    guest.do("echo 3 >/proc/sys/vm/drop_caches; md5sum -c /run/sum")


CASES = tuple(TwinCase(mode) for mode in ("netlink", "relay"))
