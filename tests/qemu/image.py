"""What the guests boot: kernel, initramfs and root images, made by the scripts that users have."""

import shutil
import subprocess
import sys
from pathlib import Path

import process
from failure import Failure

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
SUPPORT = TOP / "tests/support"
KERNEL = BUILD / "kernels/cloud"
AGENT = BUILD / "bin/nbdroot-agent"


def _make(*command):
    """A long step: its progress goes to the terminal."""
    if subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=sys.stderr,
                      check=False).returncode != 0:
        raise Failure(f"{Path(command[0]).name} failed (its words are above)")


def fetch_kernel():
    _make(SUPPORT / "fetch-kernel", "cloud", KERNEL)


def make_root(kind):
    """kind: busybox or debian. The image is a template: cases work on copies."""
    _make(SUPPORT / f"make-{kind}-image", root(kind))


def root(kind):
    return BUILD / f"images/{kind}.img"


def boot_files(kind):
    """(kernel, initramfs) of an initramfs kind."""
    if kind == "initramfs-tools":
        folder = BUILD / "images/initramfs-tools"
        return folder / "vmlinuz", folder / "initrd.img"
    return KERNEL / "vmlinuz", BUILD / f"images/initramfs-{kind}.img"


def make_initramfs(kind, programs):
    """kind: agent, fail-report (a shell that reports the agent's error), initramfs-tools."""
    if kind == "initramfs-tools":
        _make(SUPPORT / "make-initramfs-tools-image", boot_files(kind)[1].parent)
        return
    added = []
    if kind == "fail-report":
        added = ["--add", f"{SUPPORT / 'images/fail-report'}:/bin/sh",
                 "--add", f"{shutil.which('busybox')}:/bin/busybox"]
    version = (KERNEL / "version").read_text().strip()
    out = boot_files(kind)[1]
    out.parent.mkdir(parents=True, exist_ok=True)
    process.run(programs / "nbdroot-mkinitramfs", "-k", version, "--root", KERNEL, "-o", out,
                "--agent", AGENT, *added)


def copy(template, out):
    """A sparse copy; the template stays as it was made."""
    process.run("cp", "--sparse=always", "--reflink=auto", template, out)


def check_clean(image):
    process.run("e2fsck", "-fn", image)


def read_file(image, path):
    """The content of a file inside an ext4 image."""
    return process.run("debugfs", "-R", f"cat {path}", image)


def remove_directory(image, path):
    """Removes an empty directory inside an ext4 image."""
    process.run("debugfs", "-w", "-R", f"rmdir {path}", image)
