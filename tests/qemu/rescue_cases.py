"""Machines that do not come up, and somebody in front of them."""

import image
from case import NEVER, Case
from checks import agent_says, image_unchanged, root_is
from dialogue import ON_SECOND, QUIETLY, dialogue
from failure import expect

PROMPT = "lists the commands"
SHELL = "nbdroot: a shell;"
GOES_ON = "boot: the root is there; ending the rescue console, going on"
SUPERBLOCK_BYTES = 8192


def server_comes(scene):
    scene.server_comes()


def without_superblock(*steps):
    """A dialogue about an image whose file system cannot be known until mend()."""

    def during(scene):
        with open(scene.disk, "r+b") as disk:
            scene.disk.with_suffix(".start").write_bytes(disk.read(SUPERBLOCK_BYTES))
            disk.seek(0)
            disk.write(bytes(SUPERBLOCK_BYTES))
        return dialogue(*steps)(scene)

    return during


def mend(scene):
    with open(scene.disk, "r+b") as disk:
        disk.write(scene.disk.with_suffix(".start").read_bytes())


def with_foreign_init(*steps):
    """A dialogue about an image that has /foreign, a program for another architecture."""

    def during(scene):
        program = scene.disk.with_suffix(".foreign")
        machine = (183).to_bytes(2, "little")  # aarch64
        program.write_bytes((b"\x7fELF\2\1" + bytes(12) + machine).ljust(64, b"\0"))
        image.add_program(scene.disk, program, "/foreign")
        return dialogue(*steps)(scene)

    return during


def took_at_least(seconds):
    def check(finding):
        expect(finding.seconds >= seconds, f"it took {finding.seconds:.1f} s, not {seconds}")

    return check


def one_phase_each(finding):
    """Nothing that had worked was done again."""
    names = [phase["name"] for phase in finding.report["boot"]["phases"]]
    expect(len(set(names)) == len(names), f"phases were repeated: {names}")


CASES = (
    Case(
        name="rescue-prompt",
        arguments="nbdroot={host}:1 nbdroot.boot-timeout=2 nbdroot.fail=shell rw test=report"
                  + QUIETLY,
        console=ON_SECOND,
        during=dialogue((PROMPT, "bootme"),
                        ("'bootme' is no command", "state"),
                        ("error    connect 10.0.2.2:1: ", "log"),
                        ("boot failed: connect 10.0.2.2:1: ", "nbdroot={host}:{port}"),
                        ("written to /run/nbdroot/cmdline; trying again", None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
    ),
    Case(
        name="rescue-refused-cmdline",
        arguments="nbdroot={host},root nbdroot.fail=shell rw test=report" + QUIETLY,
        console=ON_SECOND,
        during=dialogue((PROMPT, "nbdroot=:"),
                        ("added parameter nbdroot=:: ", "nbdroot={host}:{port}"),
                        ("; passed over", None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
        full=True,
    ),
    Case(
        name="rescue-server-comes",
        arguments="nbdroot={host}:{port} nbdroot.boot-timeout=2 nbdroot.fail=shell ro test=shell"
                  + QUIETLY,
        initramfs="rescue",
        reports=False,
        console=ON_SECOND,
        server_comes=NEVER,
        read_only=True,
        during=dialogue(("boot failed: connect 10.0.2.2:", None),
                        (SHELL, "echo $((6 * 7)) lives; sleep 999"),
                        ("42 lives", server_comes),
                        (GOES_ON, None),
                        ("built-in shell (ash)", "echo sleepers=$(ps | grep -c '[s]leep 999')"),
                        ("sleepers=0", "exit")),
        checks=(image_unchanged,),
        full=True,
    ),
    Case(
        name="rescue-image-is-mended",
        arguments="nbdroot={host}:{port} nbdroot.fail=shell rw test=write:mended" + QUIETLY,
        console=ON_SECOND,
        during=without_superblock(("boot failed: mount /dev/nbd0: ", None),
                                  (PROMPT, mend),
                                  (GOES_ON, None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
        full=True,
    ),
    Case(
        name="rescue-shell",
        arguments="nbdroot={host}:{port}/nowhere nbdroot.boot-timeout=2 nbdroot.fail=shell rw"
                  " test=report" + QUIETLY,
        initramfs="rescue",
        console=ON_SECOND,
        during=dialogue((SHELL, "echo \"cause: $NBDROOT_ERROR\""),
                        ("cause: negotiate 10.0.2.2:",
                         "echo nbdroot={host}:{port} >/run/nbdroot/cmdline; exit"),
                        ("config has changed; beginning anew", None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
        full=True,
    ),
    Case(
        name="rescue-root-in-use",
        arguments="nbdroot={host}:{port} init=/mended nbdroot.fail=shell rw test=report" + QUIETLY,
        initramfs="rescue",
        console=ON_SECOND,
        during=dialogue(("boot failed: start init=/mended: No such file", None),
                        (SHELL, "mkdir -p /mnt; mount /dev/nbd0 /mnt; cp /mnt/sbin/init /mnt/mended;"
                                " echo copied=$?"),
                        ("copied=0", None),
                        ("/dev/nbd0: somebody has it, or a part of it, in use;", "umount /mnt"),
                        (GOES_ON, None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
        full=True,
    ),
    Case(
        name="rescue-break",
        arguments="nbdroot={host}:{port} nbdroot.break=mount rw test=report" + QUIETLY,
        console=ON_SECOND,
        during=dialogue(("boot: stopped before mount", None),
                        ("phase    attach, done", None),
                        ("device   /dev/nbd0", None),
                        (PROMPT, "retry"),
                        ("mount /dev/nbd0, ext4, writable", None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"), one_phase_each),
        full=True,
    ),
    Case(
        name="rescue-panic-reboots",
        arguments="nbdroot={host}:1 nbdroot.boot-timeout=1 panic=3" + QUIETLY,
        initramfs="rescue",
        console=ON_SECOND,
        reports=False,
        during=dialogue(("rebooting in 3 s", None)),
        checks=(took_at_least(3),),
        ended="guest-reset",
        full=True,
    ),
    Case(
        name="rescue-offer",
        arguments="nbdroot={host}:{port} nbdroot.fail=shell ro test=report" + QUIETLY,
        console=ON_SECOND,
        server_comes=NEVER,
        read_only=True,
        during=dialogue(("Connection refused (attempt 1, ", None),
                        ("; press Enter for the rescue prompt", ""),
                        ("phase    connect, begun ", None),
                        (PROMPT, "log"),
                        ("boot: no root yet: attach: connect ", server_comes),
                        (GOES_ON, None)),
        checks=(root_is("/dev/nbd0", "ro"), agent_says("switched-root"), one_phase_each),
        full=True,
    ),
    Case(
        name="rescue-foreign-init",
        arguments="nbdroot={host}:{port} init=/foreign nbdroot.fail=shell ro test=report"
                  + QUIETLY,
        console=ON_SECOND,
        read_only=True,
        during=with_foreign_init(
            ("boot failed: execute /foreign: it is a program for aarch64, and this machine is "
             "x86_64", None),
            (PROMPT, "init=/sbin/init")),
        checks=(root_is("/dev/nbd0", "ro"), agent_says("switched-root")),
        full=True,
    ),
    Case(
        name="rescue-offered-again",
        arguments="nbdroot={host}:1 nbdroot.fail=shell ro test=report" + QUIETLY,
        console=ON_SECOND,
        read_only=True,
        during=dialogue(("; press Enter for the rescue prompt", ""),
                        (PROMPT, "nbdroot={host}:2"),
                        ("config has changed; beginning anew", None),
                        ("; press Enter for the rescue prompt", ""),
                        (PROMPT, "nbdroot={host}:{port}"),
                        ("mount /dev/nbd0, ext4", None)),
        checks=(root_is("/dev/nbd0", "ro"), agent_says("switched-root")),
        limit_s=150,
        full=True,
    ),
    Case(
        name="boot-record-busybox",
        arguments="nbdroot={host}:{port} ro test=shell" + QUIETLY,
        read_only=True,
        console=ON_SECOND,
        reports=False,
        during=dialogue(("built-in shell (ash)", "/run/nbdroot/nbdrootctl boot"),
                        ("state   switched-root", None),
                        ("kernel              0 ##", None),
                        ("switch_root ", None),
                        ("in all ", "/run/nbdroot/nbdrootctl reconnect && echo asked=$?"),
                        ("asked=0", "exit")),
        checks=(image_unchanged,),
        full=True,
    ),
    Case(
        name="boot-record-systemd",
        arguments="nbdroot={host}:{port} rw systemd.show_status=0" + QUIETLY,
        root="debian",
        console=ON_SECOND,
        reports=False,
        during=dialogue(("Debian GNU/Linux 12 diskless", "root"),
                        ("This machine has no disk",
                         "echo state=$(systemctl is-system-running --wait)"),
                        ("state=running", "systemd-analyze time"),
                        (" (initrd) + ", "journalctl -q -b -p warning --no-pager; echo the end=$?"),
                        ("the end=0", "/run/nbdroot/nbdrootctl boot"),
                        ("kernel              0 ##", None),
                        ("switch_root ", None),
                        ("in all ", "/run/nbdroot/nbdrootctl status"),
                        ("state       connected", "poweroff")),
        checks=(),
        limit_s=180,
        full=True,
    ),
)
