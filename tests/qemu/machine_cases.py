"""Rooms of machines on one golden image: what each has written is its own, whatever becomes of the
server, the image and the power."""

from dataclasses import dataclass
from typing import Callable

import image
from failure import expect
from room import EXPORT, Room

# Files of random bytes, synced one by one, with an event in the middle; the sums come last.
WRITE = ("mkdir -p /data; for i in $(seq 1 {count}); do"
         " dd if=/dev/urandom of=/data/$i bs=64k count=2 2>/dev/null; sync;"
         " [ $i != {half} ] || echo '{{\"event\":\"half\"}}' >/dev/ttyS1; done;"
         " md5sum /data/* >/data.sums; echo {word} >/who; sync; ls /data | wc -l")
READ_BACK = "sync; echo 3 >/proc/sys/vm/drop_caches; md5sum -c /data.sums >/dev/null && cat /who"
FILES = 40


def begin_writing(machine, word):
    machine.begin(WRITE.format(count=FILES, half=FILES // 4, word=word))


def read_back(machine, word):
    machine.do(READ_BACK, word)


def is_on_first_image(machine):
    machine.do("[ ! -e /marker ] && echo none", "none")


def is_fresh_on(machine, marker):
    machine.do("cat /marker; [ ! -e /data ] && [ ! -e /who ] && echo empty", marker, "empty")


def two_write_while_the_server_dies_and_the_image_changes(room):
    """Leaves both running, on the golden image, with what they have written; new boots get
    "second"."""
    first, other = room.machine(1), room.machine(2)
    first.is_up(), other.is_up()
    begin_writing(first, "first")
    begin_writing(other, "other")
    first.wait_for("half"), other.wait_for("half")
    room.kill_and_start_server()
    room.ask("promote", EXPORT, room.new_image("second"))
    first.answer(str(FILES)), other.answer(str(FILES))
    read_back(first, "first"), read_back(other, "other")
    room.kill_and_start_server()  # now the image they are on is a former one
    for machine, word in (first, "first"), (other, "other"):
        read_back(machine, word)
        is_on_first_image(machine)
    return first, other


def temporary(room):
    first, other = two_write_while_the_server_dies_and_the_image_changes(room)
    other.lose_power()
    again, third = room.machine(2), room.machine(3)
    for machine in again, third:
        is_fresh_on(machine.is_up(), "second")
    read_back(first, "first")
    for machine in first, again, third:
        machine.end()


def persistent(room):
    first, other = two_write_while_the_server_dies_and_the_image_changes(room)
    other.lose_power()
    again, third = room.machine(2).is_up(), room.machine(3).is_up()
    read_back(again, "other")  # as it was, on the image it has been begun on
    is_on_first_image(again)
    is_fresh_on(third, "second")
    again.end(), third.end()
    # What one machine has made becomes the image of all; the others go on as they are.
    first.end()
    room.ask("overlay", "commit", EXPORT, room.name(1), room.folder / "committed.img")
    room.ask("overlay", "reset", EXPORT, room.name(2))
    room.ask("promote", EXPORT, room.folder / "committed.img")
    fourth, emptied = room.machine(4).is_up(), room.machine(2).is_up()
    for machine in fourth, emptied:
        read_back(machine, "first")
        machine.end()


@dataclass(frozen=True)
class RoomCase:
    name: str
    story: Callable
    kind: str
    root: str = "busybox"
    full: bool = True
    kernel: str = image.DEFAULT_KERNEL
    initramfs: str = "agent"
    waits: bool = False

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        with Room(folder, programs, self.root, self.kind) as room:
            self.story(room)
            log = (folder / "server.log").read_text(errors="replace")
            expect("Traceback" not in log and "corrupt" not in log, "the server complains of an overlay")
            room.finish()
        return {}


CASES = (
    RoomCase("machines-temporary", temporary, "temporary", full=False),
    RoomCase("machines-persistent", persistent, "persistent"),
    RoomCase("machines-temporary-debian", temporary, "temporary", root="debian"),
)
