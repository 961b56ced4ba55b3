"""A machine that writes to its disk for as long as it can reach a server, and knows what it must read
there. It does what the agent does: reconnects by its canonical name, and sends again what was not
answered."""
import random
import struct
import threading
from dataclasses import dataclass

from raw_nbd import DEADLINE, DISC, FLUSH, FUA, MIB, NO_HOLE, TRIM, WRITE, ZEROES, Client, quietly

SECTOR, BLOCK = 512, 4096
LONGEST_BLOCKS = 16  # of one write
IN_FLIGHT = 8
# How often, of ten: (command, weight).
MIXTURE = ((WRITE, 7), (ZEROES, 1), (TRIM, 1), (FLUSH, 1))


class Lost(Exception):
    """The connection is gone; that is no failure."""


class Wrong(AssertionError):
    """The disk holds what it must not."""


@dataclass(frozen=True)
class Change:
    command: int
    offset: int = 0
    after: bytes = b""  # what its range holds once it is done
    flags: int = 0

    def blocks(self):
        return set(range(self.offset // BLOCK, -(-(self.offset + len(self.after)) // BLOCK)))

    def pieces(self):
        """(offset, length) of each part that lies in one block."""
        at, end = self.offset, self.offset + len(self.after)
        while at < end:
            length = min(end, (at // BLOCK + 1) * BLOCK) - at
            yield at, length
            at += length


class Machine(threading.Thread):
    """NAME: what it asks for when it boots. FRESH: a boot finds the golden image's bytes again.
    GENERATIONS makes what it writes differ from all that others write, and from all before."""

    def __init__(self, name, golden, seed, fresh, number):
        super().__init__(daemon=True)
        self.boot_name, self.golden, self.fresh, self.number = name, golden, fresh, number
        self.canonical = None
        self.expected = bytearray(golden)
        self.random = random.Random(seed)
        self.unanswered = {}
        self.generation = 0
        self.port, self.incarnation, self.seen = None, 0, 0
        self.news = threading.Condition()
        self.ending, self.failure = False, None
        self.acknowledged = self.in_doubt = self.boots = self.checks = 0
        self.on_progress = lambda: None

    # For the test.
    def server_is_at(self, port):
        with self.news:
            self.port, self.incarnation = port, self.incarnation + 1
            self.news.notify_all()

    def server_is_gone(self):
        with self.news:
            self.port = None

    def end(self):
        with self.news:
            self.ending = True
            self.news.notify_all()
        self.join(DEADLINE)
        assert not self.is_alive(), f"{self.boot_name}: does not end"
        if self.failure:
            raise self.failure

    def run(self):
        try:
            while port := self._wait_for_server():
                try:
                    self._live(port)
                except (EOFError, ConnectionError, Lost):
                    pass
        except Exception as failure:  # handed to the test's thread by end()
            self.failure = failure
            self.on_progress()

    def _wait_for_server(self):
        """Each incarnation of the server is tried once: what it refuses is a failure."""
        with self.news:
            self.news.wait_for(lambda: self.ending or (self.port and self.incarnation > self.seen))
            self.seen = self.incarnation
            return None if self.ending else self.port

    def _live(self, port):
        if self.canonical is not None and self.random.random() < 0.05:
            self._lose_power()
        with Client(port, handshake=False) as client:
            try:
                client.greet()
                client.go(self.canonical or self.boot_name)
                if self.canonical is None:
                    self.canonical, self.boots = client.canonical, self.boots + 1
                assert client.canonical == self.canonical, (client.canonical, self.canonical)
                self._settle(client)
                if self.random.random() < 0.15:
                    self.check_all(client)
                while not self.ending:
                    self._work(client)
            finally:
                client.canonical = None  # no good-bye from a connection that was lost
            quietly(client.send, DISC)

    def _lose_power(self):
        """What it had not got an answer to is nobody's now: each block may hold either."""
        self.canonical = None
        if self.fresh:
            self.unanswered.clear()
            self.expected = bytearray(self.golden)

    def _settle(self, client):
        """What was in doubt is read: each block is old or new, none a mixture. Then it is sent again,
        or, after a loss of power, what was found counts."""
        doubtful = list(self.unanswered.values())
        self.in_doubt += bool(doubtful)
        for change in doubtful:
            for at, length in change.pieces():
                found = client.read(at, length)
                old, new = self.expected[at:at + length], change.after[at - change.offset:][:length]
                if found not in (old, new):
                    raise Wrong(f"{self.boot_name}: {length} bytes at {at} are neither what they were nor"
                                f" what command {change.command} makes of them: {torn(found, old, new)}")
        self._ask(client, doubtful)

    def _work(self, client):
        self._ask(client, self._changes())
        if self.random.random() < 0.2:
            self.check(client, self.random.randrange(len(self.golden) - 16 * BLOCK), 16 * BLOCK)

    def _changes(self):
        taken, found = set(), []
        for _ in range(self.random.randint(1, IN_FLIGHT)):
            change = self._change()
            if not taken & change.blocks():
                taken |= change.blocks()
                found.append(change)
        return found

    def _change(self):
        draw = self.random
        command, = draw.choices([one for one, _ in MIXTURE], [weight for _, weight in MIXTURE])
        if command == FLUSH:
            return Change(FLUSH)
        unit = draw.choice((SECTOR, BLOCK)) if command != TRIM else BLOCK
        length = unit * draw.randint(1, LONGEST_BLOCKS * BLOCK // unit if draw.random() < 0.3 else 8)
        offset = draw.randrange((len(self.golden) - length) // unit + 1) * unit
        flags = FUA if draw.random() < 0.05 else 0
        if command == WRITE:
            return Change(WRITE, offset, self._stamped(offset, length), flags)
        if command == ZEROES and draw.random() < 0.5:
            flags |= NO_HOLE
        return Change(command, offset, bytes(length), flags)

    def _stamped(self, offset, length):
        self.generation += 1
        return b"".join(struct.pack("<IIQ", self.number, sector, self.generation) * (SECTOR // 16)
                        for sector in range(offset // SECTOR, (offset + length) // SECTOR))

    def _ask(self, client, changes):
        """All at once; each answer makes its change part of what must be read from now on."""
        self.unanswered = dict(enumerate(changes))
        client.socket.sendall(b"".join(
            client.request(change.command, change.offset, len(change.after), change.flags, cookie)
            + (change.after if change.command == WRITE else b"") for cookie, change in self.unanswered.items()))
        while self.unanswered:
            error, cookie = client.reply()
            assert error == 0, f"{self.boot_name}: error {error} for {self.unanswered[cookie].command}"
            change = self.unanswered.pop(cookie)
            self.expected[change.offset:change.offset + len(change.after)] = change.after
            self.acknowledged += 1
            self.on_progress()

    def check(self, client, offset, length):
        self.checks += 1
        found, expected = client.read(offset, length), self.expected[offset:offset + length]
        if found != expected:
            at = next(i for i in range(length) if found[i] != expected[i])
            raise Wrong(f"{self.boot_name}: byte {offset + at} is not what was acknowledged: "
                        f"{found[at // SECTOR * SECTOR:][:16].hex()}, not "
                        f"{expected[at // SECTOR * SECTOR:][:16].hex()}")

    def check_all(self, client):
        for offset in range(0, len(self.golden), MIB):
            self.check(client, offset, min(MIB, len(self.golden) - offset))


def torn(found, old, new):
    """Which of both each sector is, for people."""
    letters = []
    for at in range(0, len(found), SECTOR):
        part = slice(at, at + SECTOR)
        letters.append("o" if found[part] == old[part] else "n" if found[part] == new[part] else "?")
    return "".join(letters)
