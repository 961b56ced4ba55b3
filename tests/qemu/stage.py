"""What a fault acts on: servers, the cable, the guest. Each method named in a step is one action.

An action that has to wait for something returns a function of an event; it is done once that
returns True. Any other is done when it returns.
"""

import time
from contextlib import ExitStack

import image
from server import Peer, Server, SilentPort, one_image

LOGIN_EVERY_S = 8
# At most one disk is written by two servers: one after the other.
PEERS = {
    "nbdkit": ("nbdkit", lambda disk, read_only: lambda address, port: [
        "-f", "-i", address, "-p", str(port), *(["-r"] if read_only else []), "file", disk]),
    "qemu-nbd": ("qemu-nbd", lambda disk, read_only: lambda address, port: [
        "-t", "--persistent", "-x", "", "-f", "raw", "-e", "4", "-b", address, "-p", str(port),
        *(["-r"] if read_only else []), disk]),
}


class Stage(ExitStack):
    """Use as context manager, around the guest."""

    def __init__(self, kind, programs, folder, network):
        """kind: ours, nbdkit, qemu-nbd."""
        super().__init__()
        self._kind = kind
        self._programs = programs
        self._folder = folder
        self._network = network
        self._served = {}
        self._servers = {}
        self._ports = {}
        self._redirected = {}
        self._down_since = None
        self.guest = None
        self.longest_outage_s = 0.0

    def add(self, served, disk, read_only):
        """A server of the fault; its port is its own until the stage is left."""
        self._served[served.name] = served
        if served.port_of:
            self._ports[served.name] = self._ports[served.port_of]
        else:
            self._ports[served.name] = SilentPort()
            self.callback(self._ports[served.name].release)
        log = self._folder / f"server-{served.name}.log"
        self._servers[served.name] = self.enter_context(self._make(served, disk, read_only, log))
        if served.runs:
            self._start(served.name)

    def _network_of(self, _):
        return self._network

    def _make(self, served, disk, read_only, log):
        network = self._network_of(served)
        if self._kind == "ours":
            return Server(self._programs / "nbd-rootserver", one_image(disk, read_only), log,
                          network)
        program, arguments = PEERS[self._kind]
        return Peer(image.tool(program), arguments(disk, read_only), log, network)

    def _start(self, name):
        self._servers[name].start(self._ports[name].number)

    def redirect(self, name, port):
        """The guest finds the server at another port, which leads to its own."""
        self._redirected[name] = port

    def ports(self):
        """What the guest is told, by server."""
        own = {name: port.number for name, port in self._ports.items()}
        return {**own, **self._redirected}

    def stop_servers(self):
        """Whatever state they are in; each has to end by itself."""
        for server in self._servers.values():
            server.resume()
            server.stop()

    # ---- actions ---------------------------------------------------------------------------------

    def kill(self, name="first"):
        self._servers[name].kill()
        self._goes_down()

    def term(self, name="first"):
        self._servers[name].stop()
        self._goes_down()

    def stop(self, name="first"):
        self._servers[name].pause()
        self._goes_down()

    def cont(self, name="first"):
        self._servers[name].resume()
        self._is_up()

    def start(self, name="first"):
        self._start(name)
        self._is_up()

    def start_wrong(self, name):
        """A server that is no help: the outage goes on."""
        self._start(name)

    def cut(self):
        self.guest.set_link(False)
        self._goes_down()

    def uncut(self):
        self.guest.set_link(True)
        self._is_up()

    def wait(self):
        """Only the time before it."""

    def tell(self, line):
        self.guest.tell(line)

    def event(self, name):
        """Waits for an event of the guest, or of a tripwire."""
        return lambda event: event["event"] == name

    def recovered(self):
        """Waits until every part of the load has succeeded with something begun from now on."""
        self.guest.tell("mark")
        return self.event("mark")

    def load_fails(self):
        """Waits until the load has had an error."""
        return lambda event: event.get("write_errors", 0) + event.get("read_errors", 0) > 0

    def login(self):
        """Logs in on the console, blindly, until the shell there says so."""
        keys = ["root\n", "echo '{\"event\":\"login\"}' >/dev/ttyS1\n"]
        done = []

        def type_next():
            if not done:
                self.guest.type(keys[0])
                keys.reverse()
                self.guest.after(LOGIN_EVERY_S / 2, type_next)

        def is_login(event):
            done.extend([True] if event["event"] == "login" else [])
            return bool(done)

        type_next()
        return is_login

    def _goes_down(self):
        self._down_since = self._down_since or time.monotonic()

    def _is_up(self):
        if self._down_since:
            self.longest_outage_s = max(self.longest_outage_s, time.monotonic() - self._down_since)
        self._down_since = None
