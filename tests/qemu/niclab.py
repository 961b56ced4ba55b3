"""A network lab for a guest with several cards, each on a cable of its own."""

import functools
import subprocess
import sys
from pathlib import Path

import dnsmasq
from lines import Lines
from netlab import GUEST_PORT, NET, ROUTER, Host, Netlab

# What is at the other end of a card's cable. One is SERVED: by Netlab's switch.
SERVED = "served"
SILENT = "silent"  # a carrier, and nobody
NOWHERE = "nowhere"  # a DHCP server whose router swallows everything
LATE = "late"  # as SERVED, and the card itself comes with plug_in()

POLL_S = 0.2
RESPONDER = Path(__file__).with_name("dhcp_responder.py")


def mac(number):
    """Of a guest's card."""
    return f"52:54:00:12:34:{0x56 + number:02x}"


def nics(*cables, **wishes):
    """A Case's network: a card for each cable. Wishes are attributes of the lab."""
    return functools.partial(NicLab, cables=cables, wishes=wishes)


class NicLab(Netlab):
    responder = None  # arguments of dhcp_responder.py, which then stands in for dnsmasq
    names = None  # dnsmasq's options for names, which the switch then answers for

    def __init__(self, folder, cables, wishes):
        super().__init__(folder)
        self._cables = cables
        self._children = []
        for name, value in wishes.items():
            assert hasattr(NicLab, name), name
            setattr(self, name, value)

    def __exit__(self, *_):
        for child in self._children:
            child.kill()
            child.wait()
        super().__exit__()

    def _plug_together(self):
        super()._plug_together()
        if self.names is not None:
            self._start_dnsmasq(self._switch, "names", dnsmasq.NAMES_READY,
                                *dnsmasq.names_command(f"{NET}.{ROUTER}", *self.names))
        for number, cable in enumerate(self._cables):
            if cable in (SILENT, NOWHERE):
                bridge = f"cable{number}"
                self._switch.run("ip", "link", "add", bridge, "type", "bridge")
                self._switch.run("ip", "link", "set", bridge, "up")
                self._plug_guest(self._port(number), bridge)
            if cable == NOWHERE:
                self._lead_nowhere(number, bridge)

    def _port(self, number):
        return GUEST_PORT if self._cables[number] in (SERVED, LATE) else f"guest{number}"

    def _lead_nowhere(self, number, bridge):
        net = f"10.79.{number}"
        host = Host(self._switch, f"{net}.{ROUTER}", 0x80 + number, bridge)
        self._hosts[host.listen] = host
        self._start_dnsmasq(host, bridge, dnsmasq.READY, *dnsmasq.command("eth0", net))

    def _start_dnsmasq(self, where, name, ready, *command):
        child = where.start(*command, stderr=subprocess.PIPE, text=True)
        self._children.append(child)
        log = open(self._folder / f"dnsmasq-{name}.log", "w", encoding="utf-8")
        Lines(child.stderr, log).wait_for(ready)

    def start_dhcp(self):
        if not self.responder:
            super().start_dhcp()
            return
        self._dnsmasq = self._switch.start(
            sys.executable, RESPONDER, "switch", f"{NET}.{ROUTER}", f"{NET}.50", *self.responder,
            stdout=subprocess.PIPE, text=True)
        log = open(self._folder / "responder.log", "w", encoding="utf-8")
        self.dhcp_log = Lines(self._dnsmasq.stdout, log)
        self.dhcp_log.wait_for("^ready")

    def when_heard(self, guest, call):
        """Calls it once the guest has sent something to the SERVED cable: its card is up."""
        self.count("")

        def poll():
            if self.counted():
                call()
            else:
                guest.after(POLL_S, poll)

        guest.after(POLL_S, poll)

    def nic(self):
        return [word for number, cable in enumerate(self._cables) if cable != LATE
                for word in ("-netdev", self._netdev(number), "-device",
                             "virtio-net-pci,romfile=,"
                             f"netdev=net{number},id=nic{number},mac={mac(number)}")]

    def _netdev(self, number):
        return f"tap,id=net{number},ifname={self._port(number)},script=no,downscript=no"

    def plug_in(self, guest):
        """The LATE card comes."""
        number = self._cables.index(LATE)
        guest.command("netdev_add", type="tap", id=f"net{number}", ifname=self._port(number),
                      script="no", downscript="no")
        guest.command("device_add", driver="virtio-net-pci", romfile="", netdev=f"net{number}",
                      id=f"nic{number}", mac=mac(number))
