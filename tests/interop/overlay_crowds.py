"""Several verifying machines at one server that comes and goes."""
import threading
from contextlib import contextmanager

from raw_nbd import DEADLINE
from verifying_machine import Machine


class Crowd:
    """All machines, and a count of what they have got answers to. MACHINES: what each asks for, and
    whether a boot begins anew; all on an image that holds GOLDEN."""

    def __init__(self, machines, golden, seed):
        self.news = threading.Condition()
        self.answers = 0
        self.machines = [Machine(name, golden, seed + number, fresh, number)
                         for number, (name, fresh) in enumerate(machines, 1)]
        for machine in self.machines:
            machine.on_progress = self._progress
            machine.start()

    def _progress(self):
        with self.news:
            self.answers += 1
            self.news.notify_all()

    def failures(self):
        return [machine.failure for machine in self.machines if machine.failure]

    def wait_for(self, more):
        """So many more answers than now."""
        with self.news:
            wanted = self.answers + more
            self.news.wait_for(lambda: self.answers >= wanted or self.failures(), DEADLINE)
            assert self.answers >= wanted or self.failures(), f"they stand still: {self.answers}"
        if self.failures():
            raise self.failures()[0]

    @contextmanager
    def served_by(self, server):
        for machine in self.machines:
            machine.server_is_at(server.port)
        yield
        for machine in self.machines:
            machine.server_is_gone()

    def total(self, what):
        return sum(getattr(machine, what) for machine in self.machines)
