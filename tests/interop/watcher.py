"""A well-behaved client that works all the while others misbehave: what it must never notice."""
import threading

from raw_nbd import DEADLINE, FUA, Client, pattern

BLOCK = 4096
ROUND_SECONDS = 5  # one round of small requests, on a machine with other work; it takes about 1 ms


class Watcher:
    """Reads, and writes where it may, until the block ends; any error of its own fails the case.

    It has its own range: BLOCK bytes at OFFSET hold DATA before; WRITES: it changes them there."""

    def __init__(self, server, name="", offset=0, data=None, writes=False):
        self.client = Client(server.port, name)
        self.client.socket.settimeout(ROUND_SECONDS)
        self.offset, self.data, self.writes = offset, data, writes
        self.rounds = 0
        self.failure = None
        self.news = threading.Condition()
        self.stopping = False

    def __enter__(self):
        if self.data is None:
            self.data = self.client.read(self.offset, BLOCK)
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()
        self.wait_for_rounds(1)
        return self

    def _round(self):
        if self.writes:
            self.data = pattern(BLOCK, self.rounds & 0xFF)
            flags = FUA if self.rounds % 64 == 0 else 0
            error = self.client.write(self.offset, self.data, flags)
            assert error == 0, f"its write was answered with error {error}"
        seen = self.client.read(self.offset, BLOCK)
        assert seen == self.data, "it read other bytes than it wrote"

    def _work(self):
        try:
            while not self.stopping and self.failure is None:
                self._round()
                with self.news:
                    self.rounds += 1
                    self.news.notify_all()
        except Exception as failure:  # handed to the thread of the case
            with self.news:
                self.failure = failure
                self.news.notify_all()

    def wait_for_rounds(self, count):
        """COUNT rounds that begin after this call: it is served now."""
        with self.news:
            wanted = self.rounds + count + 1
            self.news.wait_for(lambda: self.failure or self.rounds >= wanted, DEADLINE)
            assert self.failure is None, f"the other client was harmed: {self.failure!r}"
            assert self.rounds >= wanted, f"the other client is stuck after {self.rounds} rounds"

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.wait_for_rounds(2)
        finally:
            self.stopping = True
            self.thread.join(DEADLINE)
            self.client.__exit__()
