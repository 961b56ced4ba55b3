"""What operators ask of the server, and what reaches it: parts like those of tool_stories.py."""

import hashlib
import json
import re

import process
from failure import expect
from workbench import BLKDISCARD, EXPORT, STEP_LIMIT_S, TAIL_BYTES, quoted, until

MIB = 1 << 20
BLOCK = 4096
FILE_MIB = 24  # that fstrim has to give back
TOO_LONG = "x" * 1100


def runs_commands(bench):
    said = bench.packaged("server-cmd", "status")
    for part in (f"export              {EXPORT}\n", "clients             1\n", "software"):
        expect(part in said, f"server-cmd status says {said!r}")
    expect("image" in bench.packaged("server-cmd", "image"), "server-cmd image")
    expect("flushed             yes" in bench.packaged("server-cmd", "flush"), "server-cmd flush")
    expect("newer_is_there      no" in bench.packaged("server-cmd", "promote-query"), "server-cmd promote-query")
    expect(bench.packaged("server-cmd", "greet", "a b; c").strip() == f"{EXPORT} greets a b; c", "a script")
    expect("exit status 7" in bench.packaged("server-cmd", "fail", status=1), "a script that fails")
    bench.recovered()


def refuses_commands(bench):
    """Forbidden, unknown, too long, too many: each a line, and the root goes on."""
    for words, status, part in ((["reset-overlay"], 4, "service-commands"), (["nonsense"], 4, "nonsense"),
                                (["../greet"], 4, "greet"), ([TOO_LONG], 2, "1024"),
                                (["greet"] * 65, 2, "64"), ([], 2, "which command")):
        said = bench.packaged("server-cmd", *words, status=status)
        expect(part in said and said.count("\n") == 1, f"server-cmd {words[:1]}: {said!r}")
    asked = [line for line in bench.server_log().splitlines() if "greet" in line or "flush" in line]
    expect(any(EXPORT in line and "127.0.0.1" in line for line in asked), f"the server's log says {asked}")
    bench.recovered()


def hashes_are_those_of_the_bytes(bench):
    """Of a file that nobody writes, where it lies on the disk."""
    offset = _place_of_reference(bench)
    with open(bench.disk, "rb") as disk:
        disk.seek(offset)
        data = disk.read(MIB)
    wanted = f"{offset} {MIB} {hashlib.sha256(data).hexdigest()}\n"
    expect(bench.packaged("hash", offset, "1M") == wanted, "sha256 of a range")
    part = bench.folder / "part"
    part.write_bytes(data)
    said = bench.packaged("hash", "--algo", "xxh3", offset, "1M").split()[2]
    expect(said in process.run("xxhsum", "-H2", "-q", part), "xxh3 of a range")
    lines = bench.packaged("hash", "--block", BLOCK, offset, "1M").splitlines()
    wanted = [f"{offset + at} {BLOCK} {hashlib.sha256(data[at:at + BLOCK]).hexdigest()}"
              for at in range(0, MIB, BLOCK)]  # 256 blocks: more than one request has
    expect(lines == wanted, f"{len(lines)} hashes of blocks, the first {lines[:1]}, wanted {wanted[:1]}")
    said = bench.packaged("hash", bench.tail_offset + TAIL_BYTES - BLOCK, "8K", status=4)
    expect(said.count("\n") == 1, f"a range beyond the end: {said!r}")
    bench.packaged("hash", "9223372036854775807", "2", status=2)
    part.unlink()
    bench.recovered()


def _place_of_reference(bench):
    """Where 1 MiB of /reference lies in one piece."""
    for first in range(0, 8192, 256):
        ends = [int(process.run("debugfs", "-R", f"bmap /reference {block}", bench.disk))
                for block in (first, first + 255)]
        if ends[1] - ends[0] == 255:
            return ends[0] * BLOCK
    raise AssertionError("/reference lies in small pieces")


def is_not_supported(bench):
    """By somebody else's server, and nothing is harmed."""
    for words in (["server-cmd", "status"], ["server-cmd", "flush"], ["hash", "0", "4096"]):
        said = bench.packaged(*words, status=3)
        expect("not supported by this server" in said and said.count("\n") == 1, f"{words}: {said!r}")
    bench.packaged("server-cmd", TOO_LONG, status=2)
    bench.recovered()


# ---- flush and trim ------------------------------------------------------------------------------


def sync_is_a_flush_there(bench):
    """Before there is a load that flushes all the time."""
    for i in range(3):
        bench.do("sync")  # whatever was written before
        before = _flushes(bench)
        bench.do(f"echo {i} >/synced; sync")
        expect(_flushes(bench) > before, f"a sync in the guest: {before} flushes before it and after")
        before = _flushes(bench)
        bench.do(f"echo {i} again >/synced; blockdev --flushbufs /dev/nbd0")
        expect(_flushes(bench) > before, f"BLKFLSBUF in the guest: {before} flushes before it and after")
        before = _flushes(bench)
        bench.do("dd if=/dev/zero of=/synced bs=4k count=1 conv=fsync 2>&1")
        expect(_flushes(bench) > before, f"an fsync in the guest: {before} flushes before it and after")


def _flushes(bench):
    """How many the server has carried out."""
    if bench.kind == "ours":
        return json.loads(bench.ask_server("stats"))["requests_by_kind"]["flush"]
    logs = bench.folder.glob("requests-*.log")
    return sum(len(re.findall(r"\bFlush id=", log.read_text(errors="replace"))) for log in logs)


def trim_punches_holes(bench):
    """fstrim of a file system, and blkdiscard of what lies behind it."""
    bytes_ = FILE_MIB * MIB
    first = bench.allocated_bytes()
    bench.do(f"dd if=/dev/urandom of=/filler bs=1M count={FILE_MIB} 2>&1; sync")
    full = bench.allocated_bytes()
    expect(full - first > bytes_ // 2, f"a file of {FILE_MIB} MiB took {full - first} bytes of the host")
    bench.do("rm /filler; sync; fstrim /; sync")
    trimmed = bench.allocated_bytes()
    expect(full - trimmed > bytes_ // 2, f"fstrim gave {full - trimmed} of {bytes_} bytes back")
    offset, length = bench.tail_offset, TAIL_BYTES // 2
    bench.do(f"dd if=/dev/urandom of=/dev/nbd0 bs=1M count={length // MIB} seek={offset // MIB} conv=fsync 2>&1")
    expect(_tail(bench, length).strip(b"\0"), "what the guest wrote behind the file system is not there")
    full = bench.allocated_bytes()
    bench.do(f"{BLKDISCARD} -o {offset} -l {length} /dev/nbd0; blockdev --flushbufs /dev/nbd0")
    given = full - bench.allocated_bytes()
    expect(given > length // 2, f"blkdiscard gave {given} of {length} bytes back")
    expect(not _tail(bench, length).strip(b"\0"), "what was discarded is not zero")
    bench.recovered()


def _tail(bench, length):
    with open(bench.disk, "rb") as disk:
        disk.seek(bench.tail_offset)
        return disk.read(length)


# ---- the end of a device -------------------------------------------------------------------------


def device_dies(bench):
    """disconnect --force: errors at once, and a clear word."""
    bench.ctl("disconnect", status=2)
    bench.ctl("disconnect", "--force")
    bench.do(f"timeout {STEP_LIMIT_S} sh -c {quoted(ERRORS_COME)} || {{ tail -n 1 /run/load; exit 1; }}")
    said = bench.ctl("status", status=1)
    expect(said.startswith("nbdrootctl: ") and said.count("\n") == 1, f"status afterwards: {said!r}")
    line = bench.do("dmesg | grep 'nbdroot \\[' | tail -n 3")
    expect("by force" in line, f"the agent says {line!r}")
    # They end a moment after their answer.
    bench.do(until("! ps -o pid,ppid,stat,args | grep '[@]nbdroot-agent'"))


def silent_device_dies(bench):
    """The same where the server answers nothing any more."""
    bench.pause_servers()
    device_dies(bench)


# A file is written by a program in the guest, which has no inotify: it is read again and again, for as long as
# the step may take.
ERRORS_COME = ("until grep -q '\"write_errors\":[1-9].*\"read_errors\":[1-9]' /run/load; do sleep 0.1; done")
