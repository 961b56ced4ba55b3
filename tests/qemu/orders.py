"""Orders to a running system, one after the other, by its second serial port.

The image has the program that does them (with_orders()) and the kernel's arguments ask for it
(ORDERS). A step is Run, or a function of the Scene, which may return a condition: a function that is
asked again and again until it says True.
"""

import base64
from dataclasses import dataclass
from typing import Tuple

import image
import process
from failure import Failure, expect

FILES = image.SUPPORT / "images/orders"
ORDERS = " systemd.wants=nbdroot-orders.service"
LOOK_S = 0.2


@dataclass(frozen=True)
class Run:
    """A command of the shell that succeeds; its output has these parts."""

    command: str
    parts: Tuple[str, ...] = ()
    without: Tuple[str, ...] = ()  # parts that it must not have


def with_orders(files=(), links=()):
    """make() of a Case: the root image with the program, and with files: (text, path) in folders
    that are there; links: (target, path)."""

    def make(template, out):
        image.copy(template, out)
        image.add_program(out, FILES / "orders", "/usr/lib/nbdroot/orders")
        image.add_program(out, FILES / "nbdroot-orders.service",
                          "/etc/systemd/system/nbdroot-orders.service")
        for text, path in files:
            _write(out, text, path)
        for target, path in links:
            _debugfs(out, f"rm {path}")
            _debugfs(out, f"symlink {path} {target}")

    return make


def _debugfs(disk, command):
    process.run("debugfs", "-w", "-R", command, disk)


def _write(disk, text, path):
    source = disk.with_name("file-to-add")
    source.write_text(text)
    _debugfs(disk, f"rm {path}")
    _debugfs(disk, f"write {source} {path}")
    _debugfs(disk, f"set_inode_field {path} mode 0100644")
    source.unlink()


class _Story:
    def __init__(self, scene, steps):
        self._scene = scene
        self._left = list(steps)
        self._running = None
        self._log = open(scene.disk.parent / "orders.log", "w", encoding="utf-8")
        self._failure = None
        scene.guest.on_event(self._on_event)

    def _on_event(self, event):
        if event["event"] == "ready":
            self._say(f"the system is {event['state']}")
            self._next()
        elif event["event"] == "done":
            self._judge(event["code"], base64.b64decode(event["text"]).decode(errors="replace"))
            self._next()

    def _judge(self, code, text):
        step, self._running = self._running, None
        self._say(f"{code}\n{text}")
        missing = [part for part in step.parts if part not in text]
        unwanted = [part for part in step.without if part in text]
        if code != 0 or missing or unwanted:
            self._fail(f"'{step.command}' ended with {code}, without {missing}, with {unwanted}:"
                       f" {text[-300:]!r}")

    def _fail(self, reason):
        self._failure = self._failure or reason
        self._left = []

    def _next(self):
        if not self._left:
            self._scene.guest.tell("report")
            return
        step = self._left.pop(0)
        if isinstance(step, Run):
            self._say(f">>> {step.command}")
            self._running = step
            self._scene.guest.tell(step.command)
            return
        self._say(f">>> {getattr(step, '__name__', step)}")
        try:
            self._wait(step(self._scene))
        except Failure as failure:
            self._fail(str(failure))
            self._next()

    def _wait(self, condition):
        if condition is None or condition():
            self._next()
        else:
            self._scene.guest.after(LOOK_S, lambda: self._wait(condition))

    def _say(self, text):
        print(text, file=self._log, flush=True)

    def conclude(self):
        self._log.close()
        expect(self._failure is None, self._failure)
        expect(not self._left and self._running is None,
               f"the guest ended before {self._running or self._left}")


def orders(*steps):
    """during() of a Case."""
    return lambda scene: _Story(scene, steps).conclude
