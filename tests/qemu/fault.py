"""A fault as data: what is done to a root file system under load, in which order."""

from dataclasses import dataclass
from typing import Callable, Optional, Tuple


@dataclass(frozen=True)
class Step:
    """An action of stage.Stage, so long after the step before it has been carried out."""

    after_s: float
    action: str
    words: Tuple = ()


def step(after_s, action, *words):
    return Step(after_s, action, words)


@dataclass(frozen=True)
class Served:
    """A server of a fault. Its port is {NAME} in the target."""

    name: str
    image: str = "root"  # the case's disk, or "other": another image of the same size
    host: Optional[str] = None  # where it runs, of a network that has several
    port_of: Optional[str] = None  # it takes the port of that server
    runs: bool = True  # from the beginning
    trip_bytes: Optional[int] = None  # behind a tripwire.Tripwire, which reports "tripped"


@dataclass(frozen=True)
class Fault:
    name: str
    steps: Tuple[Step, ...]
    outage_s: Optional[float] = None  # nominal; None: no stall is judged
    extra_s: float = 0  # allowed above outage and the mode's own time: silence to be noticed
    servers: Tuple[Served, ...] = (Served("first"),)
    target: str = "{host}:{first}"
    arguments: str = ""
    test: str = "load"  # a word of images/busybox/init
    root: str = "load"
    initramfs: str = "agent"
    read_only: bool = False
    memory_mib: int = 384
    ended: str = "guest-shutdown"
    lost: bool = False  # the load ends with the machine or with errors: that is what is expected
    errors_expected: bool = False  # by a server that answers errors: counted, not judged
    checks: Tuple[Callable, ...] = ()  # of a case.Finding, more than every fault's own
    limit_s: int = 0  # more time for the guest than outages and boot need

    def waits_s(self):
        """How long it mostly waits."""
        return sum(one.after_s for one in self.steps)


RUNS = step(0, "event", "runs")
RECOVERED = step(0, "recovered")


def under_load(*steps):
    """Once the load runs; after the steps all of it has to go on, and once more a little later."""
    return (RUNS, *steps, *GOES_ON)


GOES_ON = (RECOVERED, step(2, "recovered"), step(0, "tell", "stop"))
