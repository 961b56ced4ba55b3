"""What a case serves instead of the root image itself. Each is a function of the root image and of
the path to make."""

import os

import image
import process

MIB = 1 << 20
FIRST_BYTES = MIB  # where the first partition begins
SMALL_BYTES = MIB  # a partition that is no root
ROOT_BYTES = FIRST_BYTES + SMALL_BYTES  # where the root begins
FILE_SYSTEM_UUID = "5a5a5a5a-1111-2222-3333-444444444444"
LABEL = "nbdroot-test"
PART_UUID = "c0ffee00-1234-4321-8888-0123456789ab"
PART_LABEL = "the root"
DISK_ID = "1234abcd"
ROOT_TYPE = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"  # of x86-64
BTRFS_SUPERBLOCK = 64 << 10  # the first of its copies
XFS_RECORD = b"\xfe\xed\xba\xbe"  # how each of its log begins
LINUX_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"


def _named(template, out):
    """The root image with a label and a UUID that cases know."""
    image.copy(template, out)
    process.run("tune2fs", "-L", LABEL, "-U", FILE_SYSTEM_UUID, out)


def _place(source, out, offset_bytes):
    process.run("dd", f"if={source}", f"of={out}", "bs=64K", "conv=notrunc,sparse",
                "oflag=seek_bytes", f"seek={offset_bytes}")


def _partitioned(template, out, script, offsets):
    """A disk with that sfdisk script; the root lies at each of the offsets."""
    root = out.with_suffix(".root")
    _named(template, root)
    out.write_bytes(b"")
    os.truncate(out, max(offsets) + root.stat().st_size + MIB)
    process.run("sfdisk", "-q", out, text=script)
    for offset in offsets:
        _place(root, out, offset)
    root.unlink()


def _gpt_script(template, root_type, other_type, other_bytes):
    size = template.stat().st_size // 512
    return (f"label: gpt\n"
            f"start={FIRST_BYTES // 512}, size={other_bytes // 512}, type={other_type}\n"
            f"start={(FIRST_BYTES + other_bytes) // 512}, size={size}, type={root_type},"
            f" uuid={PART_UUID}, name=\"{PART_LABEL}\"\n")


def labelled(template, out):
    """Without partitions, with a label."""
    _named(template, out)


def gpt(template, out):
    """An empty partition, and the root behind it."""
    _partitioned(template, out, _gpt_script(template, LINUX_TYPE, LINUX_TYPE, SMALL_BYTES),
                 [ROOT_BYTES])


def gpt_damaged(template, out):
    """The header at the start is gone, the backup is there."""
    gpt(template, out)
    with open(out, "r+b") as disk:
        disk.seek(512)
        disk.write(b"\0" * 512)


def gpt_typed(template, out):
    """Two partitions with the same file system; the second one is of the root type."""
    size = template.stat().st_size
    _partitioned(template, out, _gpt_script(template, ROOT_TYPE, LINUX_TYPE, size),
                 [FIRST_BYTES, FIRST_BYTES + size])


def gpt_two(template, out):
    """The same, and none is of the root type."""
    size = template.stat().st_size
    _partitioned(template, out, _gpt_script(template, LINUX_TYPE, LINUX_TYPE, size),
                 [FIRST_BYTES, FIRST_BYTES + size])


def mbr(template, out):
    """The root is a logical partition."""
    size = template.stat().st_size // 512
    start = ROOT_BYTES // 512
    _partitioned(template, out,
                 f"label: dos\nlabel-id: 0x{DISK_ID}\n"
                 f"start={FIRST_BYTES // 512}, size=64, type=83\n"
                 f"start={start - 1024}, size={size + 1024}, type=5\n"
                 f"start={start}, size={size}, type=83\n", [ROOT_BYTES])


def no_file_system(_, out):
    out.write_bytes(b"Nothing to see here. " * 4096)
    os.truncate(out, MIB)


def cut_off(template, out):
    """Half of the image."""
    image.copy(template, out)
    os.truncate(out, template.stat().st_size // 2)


def gpt_cut_off(template, out):
    """Half of a disk with partitions: the backup of its table is gone too."""
    gpt(template, out)
    os.truncate(out, out.stat().st_size // 2)


def without_init(template, out):
    image.copy(template, out)
    for path in ("/sbin/init", "/bin/init", "/bin/sh"):
        process.run("debugfs", "-w", "-R", f"rm {path}", out)


def with_fstab(template, out):
    """Its fstab has the line for / that installers write."""
    image.copy(template, out)
    fstab = out.with_suffix(".fstab")
    fstab.write_text("proc /proc proc defaults 0 0\nUUID=1 / ext4 errors=remount-ro 0 1\n")
    process.run("debugfs", "-w", "-R", f"write {fstab} /etc/fstab", out)
    fstab.unlink()


def in_use(template, out):
    """As if its machine had lost power: the journal has to be replayed."""
    image.copy(template, out)
    process.run("debugfs", "-w", "-R", "feature needs_recovery", out)


def btrfs_in_use(template, out):
    """As if its machine had lost power: what fsync wrote has to be replayed. Nothing lies where its
    log is said to be: whoever looks at it fails."""
    image.copy(template, out)
    with open(out, "r+b") as disk:
        disk.seek(BTRFS_SUPERBLOCK)
        superblock = bytearray(disk.read(4096))
        superblock[0x60:0x68] = (4 * MIB).to_bytes(8, "little")
        superblock[:4] = _crc32c(superblock[32:]).to_bytes(4, "little")
        disk.seek(BTRFS_SUPERBLOCK)
        disk.write(superblock)


def xfs_in_use(template, out):
    """As if its machine had lost power: the last record of its log, that of unmounting, was never
    written. Its place has what lies behind it, an empty record."""
    image.copy(template, out)
    start = process.run("xfs_db", "-r", "-c", "sb 0", "-c", "print logstart", out).split()[-1]
    place = process.run("xfs_db", "-r", "-c", f"convert fsblock {start} byte", out)
    start = int(place.split()[0], 16)
    with open(out, "r+b") as disk:
        disk.seek(start)
        log = disk.read(MIB)
        last = max(at for at in range(0, MIB, 512)
                   if log[at:at + 4] == XFS_RECORD and log[at + 4:at + 8] != bytes(4))
        disk.seek(start + last)
        disk.write(log[last + 1024:last + 2048])


def _crc32c(data):
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value ^ 0xffffffff
