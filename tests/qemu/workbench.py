"""A running root under load, its servers, and an operator in front of it: a story asks and orders with
nbdrootctl, one step after the other, and afterwards nothing may have been lost."""

import json
import os
from contextlib import ExitStack
from pathlib import Path

import image
import process
from drill import MODES
from failure import expect
from guest import Machine
from network import Slirp
from room import Inhabitant
from server import Peer, Server, SilentPort
from tripwire import Tripwire

EXPORT = "disk"
MAC = "52:54:00:12:34:56"
MEMORY_MIB = 384
TAIL_BYTES = 32 << 20  # of the disk, behind the file system
BOOT_LIMIT_S = 300
STEP_LIMIT_S = 90  # for whatever a step waits for in the guest
AGENTS_OWN = "/run/nbdroot/nbdrootctl"
UTILITIES = "/utilities"
BLKDISCARD = (f"{UTILITIES}/ld-linux-x86-64.so.2 --library-path {UTILITIES} {UTILITIES}/blkdiscard --force")
# What operators use while the root is dead lies in memory: even the time of a link's last use would wait to
# be written.
TOOLS = "/run/bin"
PACKAGED = f"{TOOLS}/nbdrootctl"
TAKE_TOOLS = (f"mkdir {TOOLS} && cp /bin/busybox /bin/nbdrootctl {TOOLS}"
              f" && for name in $(busybox --list); do [ $name = busybox ] || ln -s busybox {TOOLS}/$name; done")
SERVICE = "status, image, hash, flush, promote-query, script"
# 2 writers, 2 readers. What it says goes to memory; the port is for answers.
BEGIN_LOAD = ("mkfifo /run/orders; tail -f /dev/null >/run/orders 2>/dev/null & "
              "root-load load /load /reference 2 2 </run/orders >/run/load 2>&1 &")
NEVER_TRIPS = 1 << 60


def until(condition):
    """Shell. What it looks at tells nobody of its changes, so it is asked again and again."""
    return f"timeout {STEP_LIMIT_S} sh -c {quoted(f'until {condition}; do sleep 0.1; done')}"


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


class Workbench(ExitStack):
    """Use as context manager, then finish()."""

    def __init__(self, folder, programs, case):
        super().__init__()
        self.folder, self._programs, self._case = folder, programs, case
        self.mode, self.kind = case.mode, case.server
        self.is_relayed = case.mode != "netlink"
        self.disk = folder / "root.img"
        self.scripts = folder / "scripts"
        self._ports = {"first": SilentPort(), "second": SilentPort()}
        self._network = Slirp(folder)
        self.server, self.second = self._make("first"), None
        self.guest = None
        self._marks = 0
        self._is_loaded = False

    # ---- what it is made of ------------------------------------------------------------------------

    def __enter__(self):
        super().__enter__()
        for port in self._ports.values():
            self.callback(port.release)
        self._make_disk()
        self._make_scripts()
        self.enter_context(self.server)
        first = self.server.start(self._ports["first"].number)
        targets = [f"nbd://{Slirp.host}:{port}/{EXPORT}" for port in (first, self._second())]
        arguments = (f"nbdroot={','.join(targets)} rw {MODES[self.mode].arguments}"
                     f" {self._case.arguments} test=orders log_buf_len=2M")
        machine = Machine(*image.boot_files("agent", self._case.kernel), arguments, MEMORY_MIB)
        self.guest = Inhabitant(machine, self.folder, MAC)
        self.guest.wait_for("ready", BOOT_LIMIT_S)
        self.do(TAKE_TOOLS)
        return self

    def _make_disk(self):
        image.copy(image.root("load"), self.disk)
        image.add_program(self.disk, self._programs / "nbdrootctl", "/bin/nbdrootctl")
        self._add_blkdiscard()
        self.tail_offset = self.disk.stat().st_size
        os.truncate(self.disk, self.tail_offset + TAIL_BYTES)

    def _add_blkdiscard(self):
        """That of util-linux, with what it is linked with: busybox's wants a device for itself alone."""
        program = image.tool("blkdiscard")
        files = [word for word in process.run("ldd", program).split() if word.startswith("/")]
        process.run("debugfs", "-w", "-R", f"mkdir {UTILITIES}", self.disk)
        for file in (program, *map(Path, files)):
            image.add_program(self.disk, file.resolve(), f"{UTILITIES}/{file.name}")

    def _make_scripts(self):
        self.scripts.mkdir()
        for name, text in (("greet", 'echo "$NBDROOT_EXPORT greets $1"'), ("fail", "exit 7")):
            script = self.scripts / name
            script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            script.chmod(0o755)

    def _make(self, name):
        log = self.folder / f"server-{name}.log"
        if self.kind == "ours":
            return Server(self._programs / "nbd-rootserver", self._configured, log, self._network)
        program = "unshare" if self.kind == "nbd-server" else self.kind
        return Peer(image.tool(program), PEERS[self.kind](self), log, self._network)

    def _second(self):
        """The port of a second server of the same disk. Ours would refuse to write a disk that another
        process writes: there it is a second way to the first one."""
        if self.kind == "nbdkit":
            self.second = self.enter_context(self._make("second"))
            return self.second.start(self._ports["second"].number)
        return self.enter_context(Tripwire(self._ports["first"].number, NEVER_TRIPS)).port

    def _configured(self, address, port):
        config = self.folder / "server.ini"
        config.write_text(
            f"[generic]\nlistenaddr = {address}\nport = {port}\nrun-scripts = true\n"
            f"control-socket = {self.folder}/control\n[{EXPORT}]\nexportname = {self.disk}\n"
            f"service-commands = {SERVICE}\nscript-directory = {self.scripts}\n", encoding="utf-8")
        return ["-c", config]

    def kill_servers(self):
        for server in self._servers():
            server.kill()

    def restart_servers(self):
        for name, server in zip(self._ports, self._servers()):
            server.start(self._ports[name].number)

    def pause_servers(self):
        for server in self._servers():
            server.pause()

    def resume_servers(self):
        for server in self._servers():
            server.resume()

    def _servers(self):
        return [self.server, *([self.second] if self.second else [])]

    # ---- the guest ---------------------------------------------------------------------------------

    def carry_out(self, part):
        with open(self.folder / "story.log", "a", encoding="utf-8") as log:
            print(f"==== {part.__name__}", file=log)
        part(self)

    def do(self, command, *parts):
        """What a command of the shell prints; it succeeds."""
        with open(self.folder / "story.log", "a", encoding="utf-8") as log:
            print(f">>> {command}", file=log, flush=True)
            text = self.guest.do(f"PATH={TOOLS}:$PATH; {command}", *parts)
            print(text, file=log)
        return text

    def ctl(self, *words, status=0, program=AGENTS_OWN):
        """nbdrootctl's words; it ends with that status."""
        command = " ".join(quoted(str(word)) for word in words)
        text = self.do(f"timeout {STEP_LIMIT_S} {program} {command} 2>&1; echo =$?")
        text, _, found = text.rstrip("\n").rpartition("=")
        expect(found == str(status), f"nbdrootctl {command}: status {found}, not {status}: {text!r}")
        return text

    def packaged(self, *words, status=0):
        return self.ctl(*words, status=status, program=PACKAGED)

    def status(self):
        return json.loads(self.ctl("status", "--json"))

    def wait_for_status(self, part):
        """Until `status --json` has this fragment."""
        self.do(until(f"{AGENTS_OWN} status --json | grep -q {quoted(part)}"))
        return self.status()

    def reconnected(self, *words):
        """By these words of nbdrootctl."""
        before = self.status()["reconnects"]
        self.ctl(*words)
        return self.wait_for_status(f'"state":"connected".*"reconnects":{before + 1},')

    def wait_for_line(self, pattern):
        """Of the agent, in the kernel's log."""
        return self.do(until(f"dmesg | grep {quoted('nbdroot.*' + pattern)}")).splitlines()[-1]

    # ---- the load ----------------------------------------------------------------------------------

    def begin_load(self):
        self.do(BEGIN_LOAD)
        self._is_loaded = True
        self.recovered()

    def recovered(self):
        """Every part of the load has succeeded with something begun from now on, and none has failed."""
        self._marks += 1
        said = '"event":"\\(runs\\|mark\\)"'
        self.do("echo mark >/run/orders")
        self.do(until(f"[ $(grep -c {quoted(said)} /run/load) -ge {self._marks} ]"))
        self._judge(json.loads(self.do("tail -n 1 /run/load")))

    def wait_for_counts(self, count):
        """The load counts once a second, whatever its root does."""
        wanted = int(self.do("grep -c counts /run/load || true")) + count
        self.do(until(f"[ $(grep -c counts /run/load) -ge {wanted} ]"))

    def end_load(self):
        """What it has done."""
        self.do("echo stop >/run/orders")
        self.do(until("grep -q '\"event\":\"load\"' /run/load"))
        self._is_loaded = False
        return self._judge(json.loads(self.do("grep '\"event\":\"load\"' /run/load")))

    @staticmethod
    def _judge(load):
        for what in ("write_errors", "read_errors", "bad_reads"):
            expect(load[what] == 0, f"the load counts {load[what]} {what}")
        return load

    # ---- the host ----------------------------------------------------------------------------------

    def allocated_bytes(self):
        """Of the disk, on the host."""
        return self.disk.stat().st_blocks * 512

    def ask_server(self, *words):
        """nbd-rootserverctl's answer."""
        return process.run(self._programs / "nbd-rootserverctl", "-s", self.folder / "control",
                           "--json", *words)

    def server_log(self):
        return (self.folder / "server-first.log").read_text(errors="replace")

    def finish(self):
        """The machine ends by itself, and the disk has all that was acknowledged. Figures of the result."""
        load = self.end_load() if self._is_loaded else None
        self.guest.end()
        self.resume_servers()
        for server in self._servers():
            server.stop()
        os.truncate(self.disk, self.tail_offset)
        image.check_clean(self.disk)
        if load:
            self.verify("verify", load)
        self.disk.unlink()
        return {"longest_ms": max(load["longest_write_ms"], load["longest_read_ms"]), "errors": 0} if load else {}

    def finish_without_root(self):
        """It has failed, as it had to; what was acknowledged is on the disk."""
        load = json.loads(self.do("grep '\"files\"' /run/load | tail -n 1"))
        self.guest.lose_power()
        self.resume_servers()
        for server in self._servers():
            server.stop()
        os.truncate(self.disk, self.tail_offset)
        image.replay_journal(self.disk)
        self.verify("verify-unfinished", load)
        self.disk.unlink()
        return {}

    def verify(self, how, load):
        found = self.folder / "found"
        image.copy_out(self.disk, "/load", found)
        process.run(self._programs / "root-load", how, found / "load", *load["files"])
        process.run("rm", "-rf", found)


def _nbdkit(bench):
    return lambda address, port: ["-f", "-i", address, "-p", str(port), "--filter=log", "file",
                                  bench.disk, f"logfile={bench.folder}/requests-{port}.log"]


def _qemu_nbd(bench):
    return lambda address, port: ["-t", "--persistent", "-x", EXPORT, "-f", "raw", "-e", "8",
                                  "-b", address, "-p", str(port), bench.disk]


def _nbd_server(bench):
    def arguments(address, port):
        config = bench.folder / "nbd-server.conf"
        config.write_text(f"[generic]\nlistenaddr = {address}\nport = {port}\n"
                          f"[{EXPORT}]\nexportname = {bench.disk}\nflush = true\nfua = true\n",
                          encoding="utf-8")
        # It goes to the background, or serves one client only: in a world of its own it ends with its first
        # process.
        return ["--map-root-user", "--pid", "--fork", "--kill-child", "sh", "-c",
                f"nbd-server -C {config} -p {config}.pid; exec sleep infinity"]

    return arguments


PEERS = {"nbdkit": _nbdkit, "qemu-nbd": _qemu_nbd, "nbd-server": _nbd_server}
