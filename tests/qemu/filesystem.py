"""What the host can say of an image after its machine went down, by format (image.format_of)."""

import re
import tempfile
from pathlib import Path

import image
import process
from failure import Failure, expect

READ_ONLY = ("squashfs", "erofs")
UNCHECKED = "unchecked"  # what is broken on purpose
GPT_ROOT = {"ext4-gpt": f"ext4@{9 << 20}"}  # where make-image puts it


def ext4_at(offset_bytes):
    """An ext4 that begins there, between other things."""
    return f"ext4@{offset_bytes}"


def _ext4(disk, format_):
    """As the tools of ext4 want it named; None: another format."""
    name, _, offset = GPT_ROOT.get(format_, format_).partition("@")
    if name != "ext4":
        return None
    return f"{disk}?offset={offset}" if offset else disk


def check_clean(disk, format_):
    """Nothing to mend, and nothing left in a journal. A read-only file system has neither."""
    if _ext4(disk, format_):
        image.check_clean(_ext4(disk, format_))
    elif format_ == "xfs":
        process.run("xfs_repair", "-n", disk)
        expect("<CLEAN>" in process.run("xfs_logprint", "-t", disk), "xfs's log is not clean")
    elif format_ == "btrfs":
        process.run("btrfs", "check", "--readonly", disk)
        superblock = process.run("btrfs", "inspect-internal", "dump-super", disk)
        expect(re.search(r"^log_root\s+0$", superblock, re.MULTILINE), "btrfs has a log to replay")
    elif format_ == "f2fs":
        found = process.run("fsck.f2fs", "--dry-run", "-f", disk)
        expect(" unmount" in found and "[Fail]" not in found, "f2fs is not clean")
    elif format_ not in (*READ_ONLY, UNCHECKED):
        raise Failure(f"no check for {format_}")


def read_file(disk, path, format_):
    """The content of a small file that the guest wrote; empty: there is none."""
    if _ext4(disk, format_):
        return image.read_file(_ext4(disk, format_), path)
    if format_ == "xfs":
        return _read_from_xfs(disk, path)
    if format_ == "btrfs":
        return _read_from_btrfs(disk, path)
    if format_ == "f2fs":
        return _read_from_f2fs(disk, path)
    raise Failure(f"no way to read a file of {format_}")


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


def _read_from_f2fs(disk, path):
    """A file of the top directory. The tool asks, and puts it into a folder of its own."""
    tree = process.run("fsck.f2fs", "--dry-run", "-f", "-t", disk)
    found = re.search(rf"^\|-- {re.escape(path[1:])} <ino = (0x[0-9a-f]+)>", tree, re.MULTILINE)
    if not found:
        return ""
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        process.run("sh", "-c", f"cd {folder} && echo y | dump.f2fs -i {found.group(1)} {disk}")
        return Path(f"{folder}/lost_found{path}").read_text()
