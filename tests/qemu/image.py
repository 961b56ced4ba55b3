"""What the guests boot: kernel, initramfs and root images, made by the scripts that users have."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import process
from failure import Failure, expect

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
SUPPORT = TOP / "tests/support"
AGENT = BUILD / "bin/nbdroot-agent"
# Kernel's name -> its flavour, and where its packages are: None is this machine's own suite.
KERNELS = {"6.1": ("cloud", None), "5.10": ("cloud", "bullseye"),
           "7.3": ("cloud", "trixie-backports"), "6.1-generic": ("generic", None)}
DEFAULT_KERNEL = "6.1"
MODULES = ("xfs", "btrfs", "f2fs")  # file systems that the initramfs's standard set lacks
PADDING_MIB = 40  # of the initramfs "padded"
SUITE_GONE = 3  # fetch-kernel's exit status


def _make(*command, accepted=()):
    """A long step: its progress goes to the terminal. Returns its exit status."""
    code = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=sys.stderr,
                          check=False).returncode
    if code != 0 and code not in accepted:
        raise Failure(f"{Path(command[0]).name} failed (its words are above)")
    return code


def kernel(name=DEFAULT_KERNEL):
    """The folder of a kernel."""
    flavour, suite = KERNELS[name]
    return BUILD / "kernels" / (f"{flavour}-{name}" if suite else flavour)


def fetch_kernel(name=DEFAULT_KERNEL):
    """False when the archive has this kernel no longer."""
    flavour, suite = KERNELS[name]
    return _make(SUPPORT / "fetch-kernel", flavour, kernel(name), *([suite] if suite else []),
                 accepted=[SUITE_GONE] if suite else []) == 0


# By tree: its maker's script with its words (see tests/support), and the size of an image that is
# written to.
TREES = {"busybox": (("busybox",), "32M"), "load": (("busybox",), "512M"),
         "debian": (("debian",), "2G"), "sysvinit": (("debian", "sysvinit"), "2G"),
         "managed": (("debian", "managed"), "2G")}


def format_of(kind):
    """The format of a root image, as make-image knows it."""
    return kind.partition("-")[2] or "ext4"


def make_root(kind, programs):
    """kind: a name of TREES, alone (ext4) or with a format of make-image: debian-ext4-gpt. The
    image is a template: cases work on copies."""
    name = kind.partition("-")[0]
    (maker, *words), size = TREES[name]
    tree = BUILD / f"images/{name}.tar"
    _make(SUPPORT / f"make-{maker}-tree", tree, *words,
          *([programs / "root-load"] if name == "load" else []))
    _make(SUPPORT / "make-image", format_of(kind), tree, root(kind), size)


def root(kind):
    return BUILD / f"images/{kind}.img"


def boot_files(kind, kernel_name=DEFAULT_KERNEL):
    """(kernel, initramfs) of an initramfs kind."""
    if kind == "initramfs-tools":
        folder = BUILD / "images/initramfs-tools"
        return folder / "vmlinuz", folder / "initrd.img"
    suffix = "" if kernel_name == DEFAULT_KERNEL else f"-{kernel_name}"
    return kernel(kernel_name) / "vmlinuz", BUILD / f"images/initramfs-{kind}{suffix}.img"


def _padding():
    """A file that no compression makes smaller."""
    file = BUILD / "images/padding"
    if not file.exists():
        fresh = file.with_suffix(".new")
        fresh.write_bytes(os.urandom(PADDING_MIB << 20))
        fresh.rename(file)
    return file


def make_initramfs(kind, programs, kernel_name=DEFAULT_KERNEL):
    """kind: agent, rescue (with a shell), fail-report (a shell that reports the agent's error),
    initramfs-tools, or one of MODULES."""
    if kind == "initramfs-tools":
        _make(SUPPORT / "make-initramfs-tools-image", boot_files(kind)[1].parent)
        return
    added = ["--add-modules", kind] if kind in MODULES else []
    if kind == "padded":
        added = ["--add", f"{_padding()}:/padding"]
    if kind == "rescue":
        added = ["--rescue"]
    if kind == "fail-report":
        added = ["--add", f"{SUPPORT / 'images/fail-report'}:/bin/sh",
                 "--add", f"{shutil.which('busybox')}:/bin/busybox"]
    version = (kernel(kernel_name) / "version").read_text().strip()
    out = boot_files(kind, kernel_name)[1]
    out.parent.mkdir(parents=True, exist_ok=True)
    process.run(programs / "nbdroot-mkinitramfs", "-k", version,
                "--root", kernel(kernel_name), "-o", out, "--agent", AGENT, *added)


def copy(template, out):
    """A sparse copy; the template stays as it was made."""
    process.run("cp", "--sparse=always", "--reflink=auto", template, out)


def check_clean(image):
    """Nothing to mend, and nothing left in the journal: e2fsck -n would pass that over."""
    process.run("e2fsck", "-fn", image)
    features = process.run("dumpe2fs", "-h", image)
    expect("needs_recovery" not in features, "the file system's journal needs recovery")


def read_file(image, path):
    """The content of a file inside an ext4 image."""
    return process.run("debugfs", "-R", f"cat {path}", image)


def remove_directory(image, path):
    """Removes an empty directory inside an ext4 image."""
    process.run("debugfs", "-w", "-R", f"rmdir {path}", image)


def copy_out(image, path, folder):
    """The files of a directory inside an ext4 image, into a new folder of the host."""
    folder.mkdir()
    process.run("debugfs", "-R", f"rdump {path} {folder}", image)


def make_other(image, out):
    """Another image of the same size: the same files, but a file system of its own."""
    copy(image, out)
    process.run("tune2fs", "-U", "random", out)


def replay_journal(image):
    """As a mount would do it, for an image that was in use to the end."""
    done = subprocess.run(["e2fsck", "-fy", image], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode not in (0, 1):
        raise Failure(f"e2fsck -fy {image} ended with {done.returncode}")


def tool(name):
    """The path of a program of this machine."""
    found = shutil.which(name)
    if not found:
        raise Failure(f"{name} is missing; scripts/install-deps check installs it")
    return Path(found)


def add_program(image, program, path):
    """Puts a program into an ext4 image; its directory is there, it is not."""
    process.run("debugfs", "-w", "-R", f"write {program} {path}", image)
    process.run("debugfs", "-w", "-R", f"set_inode_field {path} mode 0100755", image)
