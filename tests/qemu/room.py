"""A room of machines: several guests at once, each in a thread of its own, on one golden image with an
overlay for each machine. A story acts on them, one step after the other."""

import base64
import hashlib
import os
import threading
from contextlib import ExitStack

import image
import process
from failure import Failure, expect
from guest import Guest, Machine
from network import Slirp
from orders import ORDERS, with_orders
from server import Server

EXPORT = "debian"
ANSWER_LIMIT_S = 180  # of a guest on a busy machine, for anything it is asked
BOOT_LIMIT_S = 300
GUEST_LIMIT_S = 900
ARGUMENTS = {"busybox": " test=orders end=agent", "debian": ORDERS}
MEMORY_MIB = {"busybox": 192, "debian": 512}


class Inhabitant(threading.Thread):
    """One boot of a machine, from power on to power off."""

    def __init__(self, machine, folder, mac):
        super().__init__(daemon=True)
        self._machine, self._folder, self._mac = machine, folder, mac
        self._news = threading.Condition()
        self._events = []
        self._outcome = self._failure = self._guest = None
        self.start()

    def run(self):
        try:
            with Slirp(self._folder, self._mac) as network, \
                    Guest(self._machine, self._folder, network) as guest:
                self._guest = guest
                guest.on_event(self._on_event)
                self._outcome = guest.run(GUEST_LIMIT_S)
        except Exception as failure:  # pylint: disable=broad-except  # for the story's thread
            self._failure = failure
        with self._news:
            self._news.notify_all()

    def _on_event(self, event):
        with self._news:
            self._events.append(event)
            self._news.notify_all()

    def wait_for(self, name, limit_s=ANSWER_LIMIT_S):
        """The first event of that name that nobody has waited for yet; what came before it is past."""

        def found():
            return next((event for event in self._events if event["event"] == name), None)

        with self._news:
            self._news.wait_for(lambda: found() or not self.is_alive(), limit_s)
            event = found()
            if event is None:
                raise self._failure or Failure(f"{self._folder.name}: no event '{name}' in {limit_s} s")
            del self._events[:self._events.index(event) + 1]
            return event

    def is_up(self):
        expect(self.wait_for("ready", BOOT_LIMIT_S)["state"] == "running",
               f"{self._folder.name}: the system is not content")
        return self

    def begin(self, command):
        self._guest.tell(command)

    def answer(self, *parts):
        """To the command that was begun: it succeeds, and its output has these parts."""
        done = self.wait_for("done")
        text = base64.b64decode(done["text"]).decode(errors="replace")
        missing = [part for part in parts if part not in text]
        expect(done["code"] == 0 and not missing,
               f"{self._folder.name}: ended with {done['code']}, without {missing}: {text[-400:]!r}")
        return text

    def do(self, command, *parts):
        self.begin(command)
        return self.answer(*parts)

    def end(self):
        """It powers off by itself, and had no I/O error."""
        self._guest.tell("report")
        self._gone("guest-shutdown")
        expect(len(self._outcome.results) == 1 and self._outcome.results[0].get("io_errors") == 0,
               f"{self._folder.name}: reported {self._outcome.results}")

    def lose_power(self):
        self._guest.command("quit")
        self._gone("host-qmp-quit")

    def _gone(self, ended):
        self.join(ANSWER_LIMIT_S)
        if self._failure:
            raise self._failure
        expect(self._outcome, f"{self._folder.name}: the machine runs on")
        expect(self._outcome.ended == ended,
               f"{self._folder.name}: ended by {self._outcome.ended}, not {ended}")


class Room(ExitStack):
    """Use as context manager, then finish()."""

    def __init__(self, folder, programs, root, kind):
        super().__init__()
        self.folder, self._programs, self._root = folder, programs, root
        self.golden = folder / "golden.img"
        self._make_golden(self.golden)
        # Another name of the same file: whatever becomes of the first one.
        self._kept = folder / "golden.kept"
        os.link(self.golden, self._kept)
        self._digest = digest(self.golden)
        (folder / "state").mkdir()
        self._kind = kind
        self.server = Server(programs / "nbd-rootserver", self._arguments, folder / "server.log",
                             Slirp(folder))
        self._port = 0
        self._boots = 0

    def __enter__(self):
        super().__enter__()
        self.enter_context(self.server)
        self._port = self.server.start()
        return self

    def _arguments(self, address, port):
        config = self.folder / "server.ini"
        config.write_text(
            f"[generic]\nlistenaddr = {address}\nport = {port}\ncontrol-socket = {self.folder}/control\n"
            f"state-directory = {self.folder}/state\n\n[{EXPORT}]\nexportname = {self.golden}\n"
            f"overlay = {self._kind}\n", encoding="utf-8")
        return ["-c", config]

    def _make_golden(self, out):
        if self._root == "debian":
            with_orders()(image.root("debian"), out)
        else:
            image.copy(image.root(self._root), out)

    def new_image(self, marker):
        """The golden image with a file more, /marker."""
        out = self.folder / f"{marker}.img"
        image.copy(self._kept, out)
        file = self.folder / "marker"
        file.write_text(marker + "\n", encoding="utf-8")
        image.add_program(out, file, "/marker")
        return out

    def kill_and_start_server(self):
        self.server.kill()
        self.server.start(self._port)

    def ask(self, *words):
        """nbd-rootserverctl's answer."""
        return process.run(self._programs / "nbd-rootserverctl", "-s", self.folder / "control", *words)

    def machine(self, number):
        """Switched on."""
        self._boots += 1
        folder = self.folder / f"boot-{self._boots}-machine-{number}"
        folder.mkdir()
        arguments = (f"nbdroot={Slirp.host}:{self._port}/{EXPORT}/%m rw net.ifnames=0"
                     + ARGUMENTS[self._root])
        return Inhabitant(Machine(*image.boot_files("agent"), arguments, MEMORY_MIB[self._root]), folder,
                          self.name(number))

    @staticmethod
    def name(number):
        """What that machine is called (%m): its MAC."""
        return f"52:54:00:00:00:{number:02x}"

    def finish(self):
        self.server.stop()
        expect(digest(self._kept) == self._digest, "somebody has written to the golden image")
        image.check_clean(self.golden)
        for left in [*self.folder.glob("*.img*"), self._kept]:
            left.unlink(missing_ok=True)
        process.run("rm", "-rf", self.folder / "state")


def digest(path):
    """Without reading all of it into memory."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()
