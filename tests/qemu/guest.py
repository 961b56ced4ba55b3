"""One QEMU machine without a disk: runs it to its end and collects what it said.

The console goes to a log (or to the terminal) and is never searched. Results are lines of JSON
from the second serial port, and so are the guest's events (objects with the member "event"); how it
ended is QEMU's own SHUTDOWN event. The channels are socket pairs that QEMU inherits, so there is no
path to wait for.
"""

import json
import os
import re
import selectors
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

import process
from failure import Failure, expect

HALT_LOOK_S = 0.5
INTERRUPT_FLAG = 1 << 9

# A busy machine emulates timers so late that the kernel would take them for broken, and panic.
COMMON_ARGUMENTS = "panic=-1 loglevel=5 no_timer_check"


@dataclass(frozen=True)
class Machine:
    kernel: Path
    initramfs: Path
    arguments: str
    memory_mib: int = 512
    console: str = "ttyS0"


@dataclass
class Outcome:
    results: list = field(default_factory=list)  # one value per line from the second serial port
    events: list = field(default_factory=list)  # those of them that have a member "event"
    ended: str = "no SHUTDOWN event"  # its reason: guest-shutdown, guest-reset, guest-panic, ...
    seconds: float = 0.0


class JsonLines:
    """Complete lines of a byte stream, as values; a line that is no JSON stays a string."""

    def __init__(self, connection):
        self.connection = connection
        self._rest = b""

    def read(self):
        """What has come since, or None at the end of the stream."""
        try:
            data = self.connection.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [self._value(line) for line in lines if line.strip()]

    @staticmethod
    def _value(line):
        text = line.decode(errors="replace").strip()
        try:
            return json.loads(text)
        except ValueError:
            return text


class Guest:
    """Use as `with Guest(...) as guest: outcome = guest.run()`; it is gone afterwards."""

    def __init__(self, machine, folder, network, terminal=False):
        self._machine = machine
        self._folder = folder
        self._network = network
        self._terminal = terminal
        self._began = time.monotonic()
        self._timers = []  # (seconds since the start, what to call)
        self._watched = []  # (object with fileno(), what to call when it can be read, once)
        self._listeners = []  # what to call with each event
        self._halted = False
        self._line_listeners = []  # what to call with each line that is no JSON

    def __enter__(self):
        control, control_end = socket.socketpair()
        results, results_end = socket.socketpair()
        self._keyboard, console_end = socket.socketpair()
        # Written here: QEMU's own log of a socket has what could not be sent at once twice.
        self._console = open(self._folder / "console.log", "wb", buffering=0)
        fds = [end.fileno() for end in (control_end, results_end, console_end)]
        with control_end, results_end, console_end, open(self._folder / "qemu.log", "wb") as log:
            self._process = process.start(
                self._command(*fds), stdin=None if self._terminal else process.subprocess.DEVNULL,
                stdout=None if self._terminal else log, stderr=log, pass_fds=fds)
        self._control, self._results = JsonLines(control), JsonLines(results)
        self._pid_fd = os.pidfd_open(self._process.pid)
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._pid_fd)
        self._control.connection.close()
        self._results.connection.close()
        while self._on_console(None):
            pass
        self._keyboard.close()
        self._console.close()

    def _command(self, control_fd, results_fd, console_fd):
        machine = self._machine
        if self._terminal:
            console = "stdio,id=console,mux=on,signal=off"
        else:
            console = f"socket,id=console,fd={console_fd}"
        return self._network.for_guest([
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            "-accel", "tcg", "-m", machine.memory_mib, "-no-reboot", "-S",
            "-kernel", machine.kernel, "-initrd", machine.initramfs,
            "-append", f"console={machine.console} {COMMON_ARGUMENTS} {machine.arguments}",
            "-chardev", console, "-serial", "chardev:console",
            "-chardev", f"socket,id=results,fd={results_fd}", "-serial", "chardev:results",
            "-chardev", f"socket,id=control,fd={control_fd}",
            "-mon", "chardev=control,mode=control",
            *(["-mon", "chardev=console"] if self._terminal else []),
            *self._network.nic(),
        ])

    def after(self, seconds, call):
        """Calls it while the guest runs, that many seconds from now."""
        self._timers.append((self._elapsed() + seconds, call))
        self._timers.sort(key=lambda timer: timer[0])

    def when_readable(self, source, call):
        """Calls it while the guest runs, once, when the source can be read. Before run()."""
        self._watched.append((source, call))

    def on_event(self, call):
        """Calls it with each event that the guest reports, a dict. Before run()."""
        self._listeners.append(call)

    def on_line(self, call):
        """Calls it with each line that is no JSON, which then is no result. Before run()."""
        self._line_listeners.append(call)

    def announce(self, event):
        """As if the guest had reported it."""
        for call in self._listeners:
            call(event)

    def tell(self, line):
        """A line to the guest's second serial port. While the guest runs."""
        self._send(self._results.connection, line.encode() + b"\n")

    def type(self, text):
        """Keys for the console. While the guest runs."""
        self._send(self._keyboard, text.encode())

    def command(self, name, /, **arguments):
        """A QMP command. While the guest runs."""
        self._send(self._control.connection,
                   json.dumps({"execute": name, "arguments": arguments}).encode())

    def watch_for_halt(self):
        """Ends the machine, as "halted", once its processor is halted for good: it sleeps and takes
        no interrupts. QEMU itself does not end then. While the guest runs; one processor."""
        self.command("human-monitor-command", **{"command-line": "info registers"})

    def _on_monitor(self, registers):
        flags = re.search(r"\b[ER]FL=([0-9a-f]+)", registers)
        halted = "HLT=1" in registers and flags and not int(flags.group(1), 16) & INTERRUPT_FLAG
        if halted:
            self._halted = True
            self.command("quit")
        else:
            self.after(HALT_LOOK_S, self.watch_for_halt)

    def set_link(self, up):
        """Plugs the network cable, or pulls it: the guest sees the carrier."""
        self.command("set_link", name="nic0", up=up)

    @staticmethod
    def _send(connection, data):
        try:
            connection.sendall(data)
        except BrokenPipeError:
            pass  # QEMU is gone already; run() says why

    def run(self, limit_seconds=None):
        """Lets the guest run to its end."""
        outcome = Outcome()
        self._began = time.monotonic()
        self._begin()
        with selectors.DefaultSelector() as selector:
            selector.register(self._control.connection, selectors.EVENT_READ, self._on_control)
            selector.register(self._results.connection, selectors.EVENT_READ, self._on_results)
            selector.register(self._keyboard, selectors.EVENT_READ, self._on_console)
            selector.register(self._pid_fd, selectors.EVENT_READ, lambda _: None)
            for source, call in self._watched:
                selector.register(source, selectors.EVENT_READ, lambda _, call=call: call())
            self._loop(selector, outcome, limit_seconds)
        outcome.seconds = time.monotonic() - self._began
        code = self._process.wait()
        expect(code == 0, f"QEMU ended with {code}: "
               + " ".join(process.tail(self._folder / "qemu.log", 2)))
        return outcome

    def _begin(self):
        """The machine was started paused, so that no event is lost before this."""
        self._send(self._control.connection, b'{"execute":"qmp_capabilities"}{"execute":"cont"}')

    def _loop(self, selector, outcome, limit_seconds):
        """Until QEMU is gone and both streams have been read to their end."""
        ours = {self._control.connection, self._results.connection, self._pid_fd}
        while ours & {key.fileobj for key in selector.get_map().values()}:
            for key, _ in selector.select(self._patience(limit_seconds)):
                if key.data(outcome) is None:
                    selector.unregister(key.fileobj)
            while self._timers and self._timers[0][0] <= self._elapsed():
                self._timers.pop(0)[1]()
            if limit_seconds is not None and self._elapsed() >= limit_seconds:
                raise Failure(f"the guest still runs after {limit_seconds} s")

    def _elapsed(self):
        return time.monotonic() - self._began

    def _patience(self, limit_seconds):
        moments = [timer[0] for timer in self._timers[:1]]
        if limit_seconds is not None:
            moments.append(limit_seconds)
        return max(0.0, min(moments) - self._elapsed()) if moments else None

    def _on_results(self, outcome):
        values = self._results.read()
        for value in values or []:
            if isinstance(value, str) and self._line_listeners:
                for call in self._line_listeners:
                    call(value)
                continue
            is_event = isinstance(value, dict) and "event" in value
            (outcome.events if is_event else outcome.results).append(value)
            for call in self._listeners if is_event else ():
                call(value)
        return values

    def _on_console(self, _):
        """To the log; False at the end."""
        try:
            data = self._keyboard.recv(65536)
        except ConnectionResetError:
            data = b""
        self._console.write(data)
        return bool(data) or None

    def _on_control(self, outcome):
        values = self._control.read()
        for value in values or []:
            if isinstance(value, dict) and value.get("event") == "SHUTDOWN":
                outcome.ended = "halted" if self._halted else value["data"]["reason"]
            if isinstance(value, dict) and isinstance(value.get("return"), str):
                self._on_monitor(value["return"])
            if isinstance(value, dict) and "error" in value:
                raise Failure(f"QEMU refuses a command: {value['error']}")
        return values


def default_signals():
    """An interrupted harness dies at once, and the kernel ends its children with it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
