"""Two network namespaces with virtual cables between them, dnsmasq in one and the agent's network
stage (network_probe) in the other. Neither has a name: both vanish with the processes that hold
them, whatever happens to the test."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import dhcp_servers
import dnsmasq
import process
from failure import expect
from lines import LIMIT_S, Lines
from namespace import Namespace


class Probe:
    """A running network_probe in the client's namespace."""

    def __init__(self, command):
        self.began = time.monotonic()
        self._child = process.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True)
        self.pid = self._child.pid
        self.output = Lines(self._child.stdout)
        self.log = Lines(self._child.stderr)

    def result(self, code=0):
        """The values that it printed; "line" is the one for people, "seconds" how long it took."""
        expect(self._wait() == code, f"exit {self._child.returncode}, expected {code}")
        seconds = time.monotonic() - self.began
        first, *rest = self.output.text.splitlines() or [""]
        values = {"line": first, "seconds": seconds, "name-servers": [], "time-servers": [],
                  "searches": []}
        for line in rest:
            key, _, value = line.partition(" ")
            if key + "s" in values or key + "es" in values:
                values[key + ("s" if key + "s" in values else "es")].append(value)
            values[key] = value
        return values

    def _wait(self):
        code = self._child.wait(LIMIT_S)
        self.output.wait_for_end()
        self.log.wait_for_end()
        return code

    def signal(self, number):
        self._child.send_signal(number)

    def end(self):
        self._child.kill()
        self._child.wait()


class Server:
    """A DHCP server that can be ended; its log, and the folder with its leases."""

    def __init__(self, child, log, folder):
        self._child = child
        self.log = log
        self.folder = folder

    def end(self):
        self._child.kill()
        self._child.wait()


class Lab:
    """This namespace is the server's; another one, held by a process, is the client's."""

    def __init__(self, program):
        self._program = program
        self._children = []
        self._folders = []
        self.probes = []
        self._client = Namespace()
        self._more = []

    def close(self):
        for probe in self.probes:
            probe.end()
        for child in self._children:
            child.kill()
            child.wait()
        for namespace in [self._client, *self._more]:
            namespace.close()
        for folder in self._folders:
            folder.cleanup()
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

    def carrier_off(self, number=0):
        process.run("ip", "link", "set", f"server{number}", "down")

    def start(self, *command):
        """A program in this namespace; it ends with the lab."""
        return self.keep(process.start(command, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL))

    def keep(self, child):
        """Until the lab ends."""
        self._children.append(child)
        return child

    def namespace(self):
        """One more; it ends with the lab."""
        self._more.append(Namespace())
        return self._more[-1]

    def isc(self, number=0, address="1", folder=None, **settings):
        """ISC dhcpd at 10.77.0.ADDRESS. In the FOLDER of an earlier one it knows that one's leases."""
        net = f"10.{77 + number}.0"
        folder = folder or self.folder()
        command = dhcp_servers.isc_command(folder, f"server{number}", net,
                                           server=f"{net}.{address}", **settings)
        return self._serve(command, dhcp_servers.ISC_READY, folder)

    def kea(self, number=0, **settings):
        folder = self.folder()
        command = dhcp_servers.kea_command(folder, f"server{number}", f"10.{77 + number}.0",
                                           **settings)
        return self._serve(command, dhcp_servers.KEA_READY, folder)

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="nbdroot-lab-")
        self._folders.append(folder)
        return Path(folder.name)

    def _serve(self, command, ready, folder):
        child = process.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True)
        self._children.append(child)
        server = Server(child, Lines(child.stderr), folder)
        server.log.wait_for(ready)
        return server

    def dnsmasq(self, *options, number=0, ping=False):
        return self.start_dnsmasq(*options, number=number, ping=ping)[1]

    def start_dnsmasq(self, *options, number=0, ping=False):
        """The process and its log, once it answers."""
        command = dnsmasq.command(f"server{number}", f"10.{77 + number}.0", *options, ping=ping)
        child = process.start(command, stderr=subprocess.PIPE, text=True)
        self._children.append(child)
        log = Lines(child.stderr)
        log.wait_for(dnsmasq.READY)
        return child, log

    def adopt(self, child):
        """Ends with the lab."""
        self._children.append(child)

    def probe(self, *arguments):
        probe = Probe(self._client.command(self._program, *arguments))
        self.probes.append(probe)
        return probe

    def start_client(self, *command):
        """A program in the client's namespace; it ends with the lab."""
        child = self._client.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._children.append(child)
        return child

    def monitor(self, *what, stamped=False):
        """The lines of ip-monitor(8) in the client's namespace, from now on."""
        stamp = ["-ts"] if stamped else []
        child = self._client.start("stdbuf", "-oL", "ip", "-o", *stamp, "monitor", *what,
                                   stdout=subprocess.PIPE, text=True)
        self._children.append(child)
        return Lines(child.stdout)

    def client(self, *command):
        return self._client.run(*command)

    def addresses(self, name):
        shown = json.loads(self.client("ip", "-j", "address", "show", name))[0]
        return [f"{address['local']}/{address['prefixlen']}" for address in shown["addr_info"]
                if address["family"] == "inet"]

    def routes(self):
        return {route["dst"]: route.get("gateway") for route in
                json.loads(self.client("ip", "-j", "-4", "route"))}

    def route_devices(self):
        return {route["dev"] for route in json.loads(self.client("ip", "-j", "-4", "route"))}

    def metrics(self):
        return {route.get("metric", 0) for route in
                json.loads(self.client("ip", "-j", "-4", "route"))}

    def link(self, name):
        return json.loads(self.client("ip", "-j", "link", "show", name))[0]
