"""A network of namespaces for a guest: real TCP from end to end, and faults in its middle.

    guest's QEMU --tap-- switch (a bridge; dnsmasq; nft's drops) --veth-- host1, host2, ... (servers)

Each is a namespace without a name and vanishes with its processes. Nothing of it can be seen from
the machine that runs the test.
"""

import subprocess

import dnsmasq
from lines import Lines
from namespace import Namespace

NET = "10.77.0"
GUEST_PORT = "guest"  # the switch's port, a tap device
FAULTS = """
table bridge fault {
  chain enters { type filter hook prerouting priority 0; }
  chain leaves { type filter hook postrouting priority 0; }
}
"""


class Host:
    """A machine for servers. Has what server.Server wants of a network."""

    def __init__(self, switch, number):
        self._switch = switch
        self._number = number
        self.port = f"host{number}"  # of the switch
        self.listen = f"{NET}.{number}"
        self._space = None
        self._boot()

    def _boot(self):
        self._space = Namespace(self._switch)
        self._switch.run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0",
                         "address", f"52:54:00:77:00:{self._number:02x}",
                         "netns", self._space.pid)
        self._switch.run("ip", "link", "set", self.port, "master", "switch", "up")
        self.run("ip", "address", "add", f"{self.listen}/24", "dev", "eth0")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", "eth0", "up")

    def for_server(self, command):
        return self._space.command(*command)

    def run(self, *words):
        return self._space.run(*words)

    def reset_connections(self, port):
        """A firewall that answers each packet to that port with a reset; the server never knows."""
        self.run("nft", "table inet refuse { chain input { type filter hook input priority 0;"
                 f" tcp dport {port} reject with tcp reset; }} }}")

    def accept_connections(self):
        self.run("nft", "delete", "table", "inet", "refuse")

    def power_cycle(self, server):
        """Pulls the plug: no connection is ended, and afterwards none is known."""
        self._switch.run("ip", "link", "delete", self.port)
        server.kill()
        self._space.close()
        self._boot()

    def close(self):
        self._space.close()


class Netlab:
    """The network of a case; host 1 is where its server runs."""

    dhcp_options = ()

    def __init__(self, folder):
        self._folder = folder
        self._switch = None
        self._hosts = {}
        self._dnsmasq = None

    def __enter__(self):
        self._switch = Namespace()
        try:
            self._plug_together()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._dnsmasq:
            self._dnsmasq.kill()
            self._dnsmasq.wait()
        for host in self._hosts.values():
            host.close()
        self._switch.close()

    def _plug_together(self):
        run = self._switch.run
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "switch", "type", "bridge")
        run("ip", "address", "add", f"{NET}.254/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        run("ip", "tuntap", "add", GUEST_PORT, "mode", "tap")
        run("ip", "link", "set", GUEST_PORT, "master", "switch", "up")
        run("nft", FAULTS)
        self._dnsmasq = self._switch.start(
            *dnsmasq.command("switch", NET, *self.dhcp_options), stderr=subprocess.PIPE, text=True)
        log = open(self._folder / "dnsmasq.log", "w", encoding="utf-8")
        self.dhcp_log = Lines(self._dnsmasq.stderr, log)
        self.dhcp_log.wait_for(dnsmasq.READY)
        self.server_host(1)

    def server_host(self, number):
        """Host NUMBER of 10.77.0.0/24, switched on the first time it is wanted."""
        if number not in self._hosts:
            self._hosts[number] = Host(self._switch, number)
        return self._hosts[number]

    def drop(self, port=GUEST_PORT, match="", enters=True, leaves=True):
        """The switch swallows what enters or leaves it by a port and matches (nft's words)."""
        rules = [f"add rule bridge fault {chain} {name} {port} {match} drop"
                 for wanted, chain, name in ((enters, "enters", "iifname"),
                                             (leaves, "leaves", "oifname")) if wanted]
        self._switch.run("nft", "; ".join(rules))

    def heal(self):
        """Nothing is dropped any more."""
        self._switch.run("nft", "flush table bridge fault")

    # What case.run wants of a network (network.py).

    @property
    def host(self):
        return self._hosts[1].listen

    @property
    def listen(self):
        return self._hosts[1].listen

    def for_server(self, command):
        return self._hosts[1].for_server(command)

    def for_guest(self, command):
        return self._switch.command(*command)

    @staticmethod
    def nic():
        return ["-netdev", f"tap,id=net0,ifname={GUEST_PORT},script=no,downscript=no",
                "-device", "virtio-net-pci,netdev=net0,id=nic0,romfile="]
