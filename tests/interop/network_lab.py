"""Two network namespaces with virtual cables between them, dnsmasq in one and the agent's network
stage (network_probe) in the other. Neither has a name: both vanish with the processes that hold
them, whatever happens to the test."""

import json
import re
import subprocess
import threading
import time

import process
from failure import expect

LIMIT_S = 30


class Lines:
    """The lines of a stream, collected as they come; wait_for() one that matches."""

    def __init__(self, stream):
        self.text = ""
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._collect, args=(stream,), daemon=True).start()

    def _collect(self, stream):
        for line in stream:
            with self._changed:
                self.text += line
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, pattern):
        def is_there():
            return re.search(pattern, self.text, re.MULTILINE) or self._ended
        with self._changed:
            self._changed.wait_for(is_there, LIMIT_S)
        expect(re.search(pattern, self.text, re.MULTILINE), f"no line matches {pattern!r}")

    def wait_for_end(self):
        with self._changed:
            self._changed.wait_for(lambda: self._ended, LIMIT_S)


class Probe:
    """A running network_probe in the client's namespace."""

    def __init__(self, command):
        self.began = time.monotonic()
        self._child = process.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True)
        self.output = Lines(self._child.stdout)
        self.log = Lines(self._child.stderr)

    def result(self, code=0):
        """The values that it printed; "line" is the one for people, "seconds" how long it took."""
        expect(self._wait() == code, f"exit {self._child.returncode}, expected {code}")
        seconds = time.monotonic() - self.began
        first, *rest = self.output.text.splitlines() or [""]
        values = {"line": first, "seconds": seconds, "name-servers": []}
        for line in rest:
            key, _, value = line.partition(" ")
            if key == "name-server":
                values["name-servers"].append(value)
            values[key] = value
        return values

    def _wait(self):
        code = self._child.wait(LIMIT_S)
        self.output.wait_for_end()
        self.log.wait_for_end()
        return code

    def end(self):
        self._child.kill()
        self._child.wait()


class Lab:
    """This namespace is the server's; another one, held by a process, is the client's."""

    def __init__(self, program):
        self._program = program
        self._children = []
        self.probes = []
        self._client = process.start(["unshare", "--net", "--", "cat"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        self._children.append(self._client)
        # Once cat answers, the namespace is there.
        self._client.stdin.write(b"ready\n")
        self._client.stdin.flush()
        self._client.stdout.readline()

    def close(self):
        for probe in self.probes:
            probe.end()
        for child in self._children:
            child.kill()
            child.wait()
        # The server's ends of the cables; the client's go with them.
        for link in json.loads(process.run("ip", "-j", "link")):
            if link["ifname"].startswith("server"):
                # The kernel may be about to do the same: the client's namespace has ended.
                subprocess.run(["ip", "link", "delete", link["ifname"]], check=False,
                               stderr=subprocess.DEVNULL)

    def plug(self, name, number=0, carrier=True, mac="52:54:00:12:34:56"):
        """A cable from the client's interface NAME to ours, serverNUMBER."""
        process.run("ip", "link", "add", f"server{number}", "type", "veth", "peer", "name", name,
                    "address", mac, "netns", self._client.pid)
        process.run("ip", "address", "add", f"10.{77 + number}.0.1/24", "dev", f"server{number}")
        if carrier:
            self.carrier_on(number)

    def carrier_on(self, number=0):
        process.run("ip", "link", "set", f"server{number}", "up")

    def dnsmasq(self, *options, number=0, ping=False):
        net = f"10.{77 + number}.0"
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                   "--no-hosts", "--port=0", f"--interface=server{number}", "--bind-interfaces",
                   f"--dhcp-range={net}.50,{net}.60,12h", "--leasefile-ro", "--log-dhcp",
                   "--log-facility=-", "--user=root", "--pid-file=", "--no-daemon",
                   *([] if ping else ["--no-ping"]), *options]
        child = process.start(command, stderr=subprocess.PIPE, text=True)
        self._children.append(child)
        log = Lines(child.stderr)
        log.wait_for("DHCP, sockets bound|DHCP, IP range")
        return log

    def probe(self, *arguments):
        probe = Probe(self._inside(self._program, *arguments))
        self.probes.append(probe)
        return probe

    def _inside(self, *command):
        return ["nsenter", "--net", "--target", self._client.pid, "--", *command]

    def client(self, *command):
        return process.run(*self._inside(*command))

    def addresses(self, name):
        shown = json.loads(self.client("ip", "-j", "address", "show", name))[0]
        return [f"{address['local']}/{address['prefixlen']}" for address in shown["addr_info"]
                if address["family"] == "inet"]

    def routes(self):
        return {route["dst"]: route.get("gateway") for route in
                json.loads(self.client("ip", "-j", "-4", "route"))}

    def link(self, name):
        return json.loads(self.client("ip", "-j", "link", "show", name))[0]
