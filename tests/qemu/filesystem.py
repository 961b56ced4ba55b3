"""What the host can say of an image after its machine went down, by format (image.format_of)."""

import json
import re
import tempfile
from pathlib import Path

import image
import process
from failure import Failure, expect

MIB = 1 << 20
READ_ONLY = ("squashfs", "erofs")
UNCHECKED = "unchecked"  # what is broken on purpose


def ext4_at(offset_bytes):
    """An ext4 that begins there, between other things."""
    return f"ext4@{offset_bytes}"


def _ext4(disk, format_):
    """As the tools of ext4 want it named."""
    return f"{disk}?offset={format_.partition('@')[2]}" if "@" in format_ else disk


def check_clean(disk, format_):
    """Nothing to mend, and nothing left in a journal. A read-only file system has neither."""
    if format_.partition("@")[0] == "ext4":
        image.check_clean(_ext4(disk, format_))
    elif format_ == "ext4-gpt":
        process.run("sfdisk", "--verify", disk)
        _on_partition(disk, image.check_clean)
    elif format_ == "xfs":
        process.run("xfs_repair", "-n", disk)
        expect("<CLEAN>" in process.run("xfs_logprint", "-t", disk), "xfs's log is not clean")
    elif format_ == "btrfs":
        process.run("btrfs", "check", "--readonly", disk)
        superblock = process.run("btrfs", "inspect-internal", "dump-super", disk)
        expect(re.search(r"^log_root\s+0$", superblock, re.MULTILINE), "btrfs has a log to replay")
    elif format_ not in (*READ_ONLY, UNCHECKED):
        raise Failure(f"no check for {format_}")


def read_file(disk, path, format_):
    """The content of a small file that the guest wrote; empty: there is none."""
    if format_.partition("@")[0] == "ext4":
        return image.read_file(_ext4(disk, format_), path)
    if format_ == "ext4-gpt":
        return _on_partition(disk, lambda partition: image.read_file(partition, path))
    if format_ == "xfs":
        return _read_from_xfs(disk, path)
    if format_ == "btrfs":
        return _read_from_btrfs(disk, path)
    raise Failure(f"no way to read a file of {format_}")


def _on_partition(disk, call):
    """The root partition's bytes as a file of their own, for as long as the call takes."""
    table = json.loads(process.run("sfdisk", "--json", disk))["partitiontable"]
    found = next(entry for entry in table["partitions"] if entry.get("name") == "nbdroot")
    start, size = (found[key] * table["sectorsize"] // MIB for key in ("start", "size"))
    with tempfile.NamedTemporaryFile(dir=disk.parent) as partition:
        process.run("dd", f"if={disk}", f"of={partition.name}", "bs=1M", f"skip={start}",
                    f"count={size}", "conv=sparse,notrunc", "status=none")
        partition.truncate(size * MIB)
        return call(Path(partition.name))


def _read_from_xfs(disk, path):
    """One extent: a small file has no more."""

    def ask(*commands):
        words = [word for command in commands for word in ("-c", command)]
        return process.run("xfs_db", "-r", *words, disk)

    try:
        inode = ask(f"path {path}", "print core.size", "bmap")
    except Failure as failure:
        if "No such file" in str(failure):
            return ""
        raise
    extent = re.search(r"core\.size = (\d+)\ndata offset 0 startblock (\d+)", inode)
    expect(extent, f"{path} is not one extent of xfs: {inode}")
    offset = re.search(r"\((\d+)\)", ask(f"convert fsblock {extent.group(2)} byte")).group(1)
    with open(disk, "rb") as file:
        file.seek(int(offset))
        return file.read(int(extent.group(1))).decode()


def _read_from_btrfs(disk, path):
    """Out of the subvolume @; paths there begin with its name."""
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        process.run("btrfs", "restore", "--path-regex", f"^/(|@(|{path}))$", disk, folder)
        found = Path(f"{folder}/@{path}")
        return found.read_text() if found.exists() else ""
