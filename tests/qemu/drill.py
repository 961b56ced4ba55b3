"""A drill: a fault, an attach mode and a kernel. This file runs one and judges what it left."""

from dataclasses import dataclass
from pathlib import Path

import image
import process
from case import Finding
from failure import Failure, expect
from fault import Fault
from guest import Guest, Machine
from network import Slirp
from stage import Stage
from timeline import Timeline
from tripwire import Tripwire

GUEST_LIMIT_S = 200  # boot, load and end of a guest on a busy machine, waits not counted
WAITING_S = 25  # a drill that waits longer than this leaves the processors to others
MUCH_KIB = 24 << 10  # dirty in a machine of 128 MiB, half of which its kernel takes
RESIDENT_KIB = 2 << 10  # both processes, where the kernel has the connection
# The kernel's log has to hold an outage's worth of lines.
COMMON_ARGUMENTS = "log_buf_len=2M"


@dataclass(frozen=True)
class Mode:
    name: str
    arguments: str
    recovery_s: float  # from the return of a server to the end of the stall, at most


MODES = {mode.name: mode for mode in (
    Mode("netlink", "", 6),
    Mode("relay", "nbdroot.relay=1", 2),
    Mode("ioctl", "nbdroot.attach=ioctl", 2),
)}


@dataclass(frozen=True)
class Drill:
    fault: Fault
    mode: str = "netlink"
    kernel: str = image.DEFAULT_KERNEL
    server: str = "ours"
    network: type = Slirp
    stage: type = Stage
    full: bool = True

    @property
    def name(self):
        words = [self.fault.name, self.mode, self.kernel]
        return "-".join(words if self.server == "ours" else [*words, self.server])

    root = property(lambda self: self.fault.root)
    initramfs = property(lambda self: self.fault.initramfs)
    waits = property(lambda self: self.fault.waits_s() >= WAITING_S)

    def run(self, folder, programs):
        """In an empty folder; logs stay there. Returns what goes into the result."""
        return _run(self, folder, programs)


def _run(drill, folder, programs):
    fault = drill.fault
    disk = _disk(fault.root, folder / "root.img", programs)
    with drill.network(folder) as network, \
            drill.stage(drill.server, programs, folder, network) as stage:
        wires = _add_servers(drill, stage, disk, folder)
        machine = Machine(*image.boot_files(fault.initramfs, drill.kernel),
                          _arguments(drill, network.host, stage.ports()), fault.memory_mib)
        with Guest(machine, folder, network) as guest:
            timeline = Timeline(fault.steps, stage, guest)
            if not (fault.lost or fault.errors_expected):
                guest.on_event(_expect_no_errors)
            for wire in wires:
                guest.when_readable(wire.tripped, lambda: timeline.on_event({"event": "tripped"}))
            outcome = _live(guest, timeline, fault)
        stage.stop_servers()
        outage_s = stage.longest_outage_s
    (folder / "events.log").write_text("\n".join(map(str, outcome.events + outcome.results)))
    figures = judge_load(drill, outcome, outage_s)
    _judge_disk(drill, disk, outcome, folder, programs)
    for check in fault.checks:
        check(Finding(outcome.results[0], disk, image.root(fault.root), outcome.seconds))
    disk.unlink()
    return figures


def _disk(root, disk, programs):
    image.copy(image.root(root), disk)
    if root == "debian":
        image.add_program(disk, programs / "root-load", "/usr/lib/nbdroot/root-load")
    return disk


def _add_servers(drill, stage, disk, folder):
    """Returns the tripwires."""
    wires = []
    for served in drill.fault.servers:
        path = disk
        if served.image == "other":
            path = folder / "other" / disk.name
            path.parent.mkdir(exist_ok=True)
            image.make_other(disk, path)
        stage.add(served, path, drill.fault.read_only)
        if served.trip_bytes is not None:
            wire = stage.enter_context(Tripwire(stage.ports()[served.name], served.trip_bytes))
            stage.redirect(served.name, wire.port)
            wires.append(wire)
    return wires


def _arguments(drill, host, ports):
    fault = drill.fault
    target = fault.target.format(host=host, **ports)
    words = [f"nbdroot={target}", "ro" if fault.read_only else "rw", MODES[drill.mode].arguments,
             fault.arguments, f"test={fault.test}", COMMON_ARGUMENTS]
    return " ".join(word for word in words if word)


def _live(guest, timeline, fault):
    limit_s = GUEST_LIMIT_S + fault.waits_s() + fault.limit_s
    try:
        outcome = guest.run(limit_s)
    except Failure as failure:
        raise Failure(f"{failure}; the timeline was at: {timeline.where()}") from failure
    expect(outcome.ended == fault.ended,
           f"the guest ended by {outcome.ended}, not {fault.ended};"
           f" the timeline was at: {timeline.where()}")
    if not fault.lost:
        expect(timeline.where() is None, f"the guest ended before: {timeline.where()}")
    return outcome


def _expect_no_errors(event):
    """A root that has failed does not come back: no reason to wait."""
    for what in ("write_errors", "read_errors", "bad_reads"):
        expect(not event.get(what), f"the load counts {event.get(what)} {what}: {event}")


def judge_load(drill, outcome, outage_s):
    """What the guest itself counted. Figures of the result."""
    fault = drill.fault
    loads = [event for event in outcome.events if event["event"] in ("load", "counts", "mark")]
    if fault.lost:
        return {"longest_ms": None, "limit_ms": None, "errors": None}
    expect(loads and loads[-1]["event"] == "load", "the guest's load did not say how it ended")
    expect(len(outcome.results) == 1 and isinstance(outcome.results[0], dict),
           f"the guest reported {outcome.results or 'nothing'} instead of one JSON object")
    load, report = loads[-1], outcome.results[0]
    load = {"files": [], "reads": 0, "read_errors": 0, "bad_reads": 0, "longest_read_ms": 0,
            "dirty_kib": MUCH_KIB, **load}
    errors = load["write_errors"] + load["read_errors"] + report["io_errors"]
    longest_ms = max(load["longest_write_ms"], load["longest_read_ms"])
    limit_ms = None
    if fault.outage_s is not None:
        limit_ms = round(1000 * (max(fault.outage_s, outage_s) + fault.extra_s
                                 + MODES[drill.mode].recovery_s))
    expect(load["dirty_kib"] >= MUCH_KIB,
           f"no more than {load['dirty_kib']} KiB were ever dirty")
    resident = report.get("resident")
    expect(resident is None or drill.mode != "netlink" or sum(resident) <= RESIDENT_KIB,
           f"the agent's processes have {resident} KiB in memory")
    expect(load["bad_reads"] == 0, f"{load['bad_reads']} reads had wrong bytes")
    expect(errors == 0 or fault.errors_expected,
           f"{load['write_errors']} writes and {load['read_errors']} reads failed, the kernel"
           f" logged {report['io_errors']} errors")
    expect(limit_ms is None or longest_ms <= limit_ms,
           f"the longest stall was {longest_ms} ms, the limit is {limit_ms} ms")
    return {"longest_ms": longest_ms, "limit_ms": limit_ms, "errors": errors,
            "resident_kib": resident, "files": sum(load["files"]),
            "reads": load["reads"]}


def _judge_disk(drill, disk, outcome, folder, programs):
    """What the host finds: every acknowledged file, and a clean file system."""
    fault = drill.fault
    if fault.errors_expected:
        return
    if not fault.lost:
        image.check_clean(disk)
    counts = [event for event in outcome.events if event.get("files")]
    if fault.test.startswith("dirty") or counts and any(counts[-1]["files"]):
        verify_disk(fault, disk, counts, folder, programs / "root-load")


def verify_disk(fault, disk, counts, folder, root_load):
    """Raises Failure with root-load's own words."""
    found = folder / "found"
    directory = "/var/lib/load" if fault.root == "debian" else "/load"
    if fault.lost:
        image.replay_journal(disk)
    image.copy_out(disk, directory, found)
    files = found / Path(directory).name
    if fault.test.startswith("dirty"):
        process.run(root_load, "check", files / "dirty", fault.test.split(":")[1])
    else:
        process.run(root_load, "verify-unfinished" if fault.lost else "verify", files,
                    *counts[-1]["files"])
    process.run("rm", "-rf", found)
