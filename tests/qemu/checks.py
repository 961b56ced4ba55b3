"""What a case can expect; each function returns a check of a Finding."""

import filecmp
import re
import signal

import filesystem
from failure import expect

SIGQUIT_BIT = 1 << (signal.SIGQUIT - 1)
LEFT_KIB = 6 << 10  # resident processes, exit program, /run


def root_is(device, mode):
    """The guest's / is this device, mounted ro or rw, and the kernel saw no I/O error."""

    def check(finding):
        report = finding.report
        expect(report.get("root") == device, f"/ is on {report.get('root')}, not {device}")
        options = report["options"].split(",")
        expect(mode in options, f"/ is mounted {report['options']}, not {mode}")
        sectors = finding.image.stat().st_size // 512
        expect(report["nbd0_sectors"] == sectors,
               f"nbd0 has {report['nbd0_sectors']} sectors, the image {sectors}")
        expect(report["io_errors"] == 0, f"{report['io_errors']} I/O errors in the guest's log")

    return check


def agent_says(state, connect_took_ms=0):
    """The agent's own record came along into the running system: its state, nothing failed."""

    def check(finding):
        boot = finding.report.get("boot")
        expect(boot, "the running system has no /run/nbdroot/boot.json")
        found = boot["state"], boot["device"], boot["error"]
        expect(found == (state, "/dev/nbd0", None), f"the agent's record says {found}")
        took = {phase["name"]: phase["end_ms"] - phase["start_ms"] for phase in boot["phases"]}
        expect(took["connect"] >= connect_took_ms,
               f"the agent needed only {took['connect']} ms to connect")

    return check


def address_is(address):
    def check(finding):
        found = finding.report["address"]
        expect(found == address, f"the address is {found}, not {address}")

    return check


def file_in_image(path, content):
    """The guest's file is in the image on the host, and was not there before."""

    def check(finding):
        found = filesystem.read_file(finding.image, path, finding.format)
        expect(found == content, f"{path} in the image holds {found!r}, not {content!r}")
        before = filesystem.read_file(finding.template, path, finding.format)
        expect(before == "", f"{path} was in the template")

    return check


def guest_reads(content):
    """The guest has found again what it wrote."""

    def check(finding):
        found = finding.report["written"]
        expect(found == content, f"/written holds {found!r} in the guest, not {content!r}")

    return check


def tree_is_whole(finding):
    """The guest's /usr has the names, modes, owners and links that the tree had."""
    wanted = finding.template.with_suffix(".img.manifest").read_text().strip()
    expect(finding.report["manifest"] == wanted, "/usr in the guest is not that of the tree")


def fsck_ran(wanted):
    """Whether systemd's check of the root came to its turn, and that fstab's options came to be."""

    def check(finding):
        report = finding.report
        expect((report["fsck"] == "yes") == wanted,
               f"systemd-fsck-root ran: {report['fsck']}, wanted: {wanted}")
        expect(report["remount"] == "active", f"systemd-remount-fs is {report['remount']}")

    return check


def image_unchanged(finding):
    expect(filecmp.cmp(finding.image, finding.template, shallow=False),
           "a read-only boot changed the image")


def system_running(finding):
    """systemd is content."""
    report = finding.report
    expect(report["state"] == "running" and not report["failed"],
           f"systemd says {report['state']}, failed units: {report['failed']}")


def overlay_visible(finding):
    """The image and the memory of an overlay are where the running system looks for them, the image
    read-only."""
    mounts = dict(line.split()[:2][::-1] for line in finding.report["mounts"])
    options = {line.split()[1]: line.split()[3].split(",") for line in finding.report["mounts"]}
    expect(mounts.get("/run/nbdroot/lower", "").startswith("/dev/nbd0"),
           f"/run/nbdroot/lower is {mounts.get('/run/nbdroot/lower')}, not the device")
    expect("ro" in options["/run/nbdroot/lower"], "/run/nbdroot/lower is writable")
    expect("/run/nbdroot/upper" in mounts, "/run/nbdroot/upper is not mounted")
    written = finding.report["upper"]
    expect("written" in written, f"/run/nbdroot/upper/u holds {written}, not the file written")


def fstab_has(line):
    """The running system's fstab has that line for /, and no other."""

    def check(finding):
        found = finding.report["fstab"]
        expect(found == line, f"fstab says {found!r} of /, not {line!r}")

    return check


def boot_error(*fragments):
    """The agent gave up with an error that holds each of the fragments."""

    def check(finding):
        error = (finding.report.get("boot") or {}).get("error") or ""
        for fragment in fragments:
            expect(fragment in error, f"the agent's error {error!r} lacks {fragment!r}")

    return check


def agent_line(*fragments):
    """A line that the agent wrote to the kernel's log holds all of these."""

    def check(finding):
        lines = finding.report["agent"]
        expect(any(all(fragment in line for fragment in fragments) for line in lines),
               f"no line of the agent holds {fragments}; it said {lines[-5:]}")

    return check


def said_goodbye(finding):
    """The server was told that the machine goes down (NBD_CMD_DISC), by its last connection."""
    log = finding.image.with_name("server.log").read_text(errors="replace")
    left = re.findall(r": (disconnected|left without saying so); export", log)
    expect(left and left[-1] == "disconnected", f"the server saw its client go by {left}")


def modules_load(finding):
    """None of the initramfs's modules was missing something."""
    lines = [line for line in finding.report["agent"] if "load module" in line]
    expect(not lines, f"the agent complains of modules: {lines}")


def services_alive(finding):
    """systemd is content, has restarted nobody, and the journal has what came after the outage."""
    system_running(finding)
    report = finding.report
    restarted = {name: count for name, count in report["restarts"].items() if count}
    expect(not restarted, f"systemd has restarted {restarted}")
    expect(report["journal"], "the journal does not have what was logged after the outage")


def initramfs_is_freed(finding):
    """What lies in memory for good is a few MiB, and the resident's root directory holds no file."""
    report = finding.report
    expect(0 < report["kib"] <= LEFT_KIB, f"{report['kib']} KiB are left in memory")
    expect(report["left"] == ["./newroot"], f"the initramfs still has {report['left']}")
    return {"left_kib": report["kib"]}


def init_has_a_fresh_start(device):
    """Process 1 has the console and nothing of the agent's; / is this device, nbd0 is free."""

    def check(finding):
        report = finding.report
        expect(report["root"] == device, f"/ is on {report['root']}, not {device}")
        expect(report["nbd0_sectors"] == 0, f"nbd0 has {report['nbd0_sectors']} sectors")
        expect(report["streams"] == ["/dev/console"] * 3, f"its streams are {report['streams']}")
        expect(not report["open"], f"it was given the descriptors {report['open']}")
        pending, blocked, ignored = (int(mask, 16) for mask in report["masks"])
        # busybox's shell, which runs the script that reports, ignores SIGQUIT itself.
        expect((pending, blocked, ignored & ~SIGQUIT_BIT) == (0, 0, 0),
               f"signals are pending, blocked or ignored: {report['masks']}")
        expect(report["folder"] == "/", f"it stands in {report['folder']}")
        expect(report["points"] == ["/", "/dev", "/proc", "/run", "/run/initramfs", "/sys"],
               f"it sees the mounts {report['points']}")
        expect(report["argument"] == "single", f"its last argument is {report['argument']!r}")

    return check
