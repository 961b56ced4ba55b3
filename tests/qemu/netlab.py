"""A network of namespaces for a guest: real TCP from end to end, and faults in its middle.

    guest's QEMU --tap-- switch (a bridge; dnsmasq; nft's drops) --veth-- hosts (servers)

Each is a namespace without a name and vanishes with its processes. Nothing of it can be seen from
the machine that runs the test. The switch is also the router between the guest's net and another.
"""

import json
import subprocess

import dnsmasq
from lines import Lines
from namespace import Namespace

NET = "10.77.0"
FAR_NET = "10.78.0"
SERVER = f"{NET}.1"
FAR_SERVER = f"{FAR_NET}.1"  # reached through the default route only
ROUTER = 254
GUEST_PORT = "guest"  # the switch's port, a tap device
FAULTS = """
table bridge fault {
  chain enters { type filter hook prerouting priority 0; }
  chain leaves { type filter hook postrouting priority 0; }
}
"""


class Host:
    """A machine for servers. Has what server.Server wants of a network."""

    def __init__(self, switch, address, number, cable="switch", mtu_bytes=1500):
        self._switch = switch
        self._number = number
        self._cable = cable  # a bridge of the switch
        self._mtu_bytes = mtu_bytes
        self.port = f"host{number}"  # of the switch
        self.listen = address
        self._space = None
        self._boot()

    def _boot(self):
        self._space = Namespace(self._switch)
        self._switch.run("ip", "link", "add", self.port, "mtu", self._mtu_bytes, "type", "veth",
                         "peer", "name", "eth0", "address", f"52:54:00:77:00:{self._number:02x}",
                         "mtu", self._mtu_bytes, "netns", self._space.pid)
        self._switch.run("ip", "link", "set", self.port, "master", self._cable, "up")
        self.run("ip", "address", "add", f"{self.listen}/24", "dev", "eth0")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", "eth0", "up")
        net = self.listen.rpartition(".")[0]
        self.run("ip", "route", "add", "default", "via", f"{net}.{ROUTER}")

    def for_server(self, command):
        return self._space.command(*command)

    def run(self, *words):
        return self._space.run(*words)

    def start(self, *words, **options):
        return self._space.start(*words, **options)

    def reset_connections(self, port):
        """A firewall that answers each packet to that port with a reset; the server never knows."""
        self.run("nft", "table inet refuse { chain input { type filter hook input priority 0;"
                 f" tcp dport {port} reject with tcp reset; }}; }}")

    def accept_connections(self):
        self.run("nft", "delete", "table", "inet", "refuse")

    def clients(self, port):
        """(address, port) of each connection to this port."""
        lines = self.run("ss", "-tnH", "state", "established", f"sport = :{port}").splitlines()
        return [tuple(line.split()[3].rsplit(":", 1)) for line in lines]

    def power_cycle(self, server):
        """Pulls the plug: no connection is ended, and afterwards none is known."""
        self._switch.run("ip", "link", "delete", self.port)
        server.kill()
        self._space.close()
        self._boot()

    def close(self):
        self._space.close()


class Netlab:
    """The network of a case, with a host for its server."""

    dhcp_options = ()
    dhcp_at_once = True
    mtu_bytes = 1500  # of the guest's cable
    lease = "12h"

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
        for net in (NET, FAR_NET):
            run("ip", "address", "add", f"{net}.{ROUTER}/24", "dev", "switch")
        run("ip", "link", "set", "switch", "up")
        run("sh", "-c", "cd /proc/sys/net/ipv4 && echo 1 >ip_forward &&"
            # Both nets are on one cable: it would tell the guest a way without the router.
            " echo 0 >conf/all/send_redirects && echo 0 >conf/switch/send_redirects")
        self._plug_guest(GUEST_PORT, "switch")
        run("nft", FAULTS)
        if self.dhcp_at_once:
            self.start_dhcp()
        self.server_host(SERVER)

    def _plug_guest(self, port, cable):
        """A tap device for QEMU."""
        self._switch.run("ip", "tuntap", "add", port, "mode", "tap")
        self._switch.run("ip", "link", "set", port, "mtu", self.mtu_bytes)
        self._switch.run("ip", "link", "set", port, "master", cable, "up")

    def start_dhcp(self):
        self._dnsmasq = self._switch.start(
            *dnsmasq.command("switch", NET, *self.dhcp_options, lease=self.lease),
            stderr=subprocess.PIPE, text=True)
        log = open(self._folder / "dnsmasq.log", "w", encoding="utf-8")
        self.dhcp_log = Lines(self._dnsmasq.stderr, log)
        self.dhcp_log.wait_for(dnsmasq.READY)

    def server_host(self, address):
        """The host of that address, switched on the first time it is wanted."""
        if address not in self._hosts:
            self._hosts[address] = Host(self._switch, address, len(self._hosts) + 1,
                                        mtu_bytes=self.mtu_bytes)
        return self._hosts[address]

    def drop(self, port=GUEST_PORT, match="", enters=True, leaves=True):
        """The switch swallows what enters or leaves it by a port and matches (nft's words)."""
        rules = [f"add rule bridge fault {chain} {name} {port} {match} drop"
                 for wanted, chain, name in ((enters, "enters", "iifname"),
                                             (leaves, "leaves", "oifname")) if wanted]
        self._switch.run("nft", "; ".join(rules))

    def heal(self):
        """Nothing is dropped any more."""
        self._switch.run("nft", "flush table bridge fault")

    def count(self, match):
        """From now on, until heal(): packets from the guest that match."""
        self._switch.run("nft", f"add rule bridge fault enters iifname {GUEST_PORT} {match} counter")

    def counted(self):
        rules = json.loads(self._switch.run("nft", "-j", "list", "table", "bridge", "fault"))
        return sum(part["counter"]["packets"] for item in rules["nftables"] if "rule" in item
                   for part in item["rule"]["expr"] if "counter" in part)

    # What case.run wants of a network (network.py).

    host = SERVER
    listen = SERVER

    def for_server(self, command):
        return self._hosts[SERVER].for_server(command)

    def for_guest(self, command):
        return self._switch.command(*command)

    @staticmethod
    def nic():
        return ["-netdev", f"tap,id=net0,ifname={GUEST_PORT},script=no,downscript=no",
                "-device", "virtio-net-pci,netdev=net0,id=nic0,romfile="]
