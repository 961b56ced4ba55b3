"""What manages the network in the running system leaves the root's interface alone, over restarts of
the server, of the manager, and renewals of the lease, to a clean end."""

from case import Case
from checks import agent_says, root_is, said_goodbye, system_running
from netlab import NET, Netlab
from orders import ORDERS, Run, orders, with_orders

NAME_SERVER = f"{NET}.9"
LEASE_S = 120  # dnsmasq's shortest
CUT_S = 5
NM_CUT_S = 12  # NetworkManager waits some seconds before it acts


class ShortLease(Netlab):
    """A DHCP server that tells all that can be handed over."""

    lease = str(LEASE_S)
    dhcp_options = ("--dhcp-option=option:dns-server,10.77.0.9",
                    "--dhcp-option=option:domain-name,lab.example",
                    "--dhcp-option=option:domain-search,lab.example,example.org",
                    "--dhcp-option=option:ntp-server,10.77.0.8")


def server_restarts(scene):
    scene.server.stop()
    scene.server.start(scene.port)


def lease_is_renewed(scene):
    """By whoever keeps it: one more answer of the DHCP server than the boot needed."""
    return lambda: scene.network.dhcp_log.text.count("DHCPACK(") > 1


def handed_over(name, files, units, *steps, links=(), arguments="", **others):
    """A case: those files in the root, those units started, those steps done."""
    wants = "".join(f" systemd.wants={unit}" for unit in units)
    return Case(
        name=f"handover-{name}",
        arguments="nbdroot={host}:{port} rw" + ORDERS + wants + arguments,
        root="managed",
        make=with_orders(files, links),
        network=ShortLease,
        during=orders(*steps),
        checks=(root_is("/dev/nbd0", "rw"),
                agent_says("attached" if "initramfs" in others else "switched-root"),
                system_running, said_goodbye),
        limit_s=400,
        **{"full": True, **others},
    )


# What each system has to have, whoever manages its network.
HAS_ADDRESS = Run("ip -4 address show up", (f"inet {NET}.5", "eth0"))
HAS_ROUTE = Run("ip route", (f"default via {NET}.254", ))
WRITES = Run("date >/var/stamp && sync && echo 3 >/proc/sys/vm/drop_caches && cat /var/stamp")
ALIVE = (HAS_ADDRESS, HAS_ROUTE, WRITES)

INTERFACES = "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n"

RENAMED = INTERFACES.replace("eth0", "ens2")

# The image's own wish, which the hand-over has to overrule.
NETWORKD_FILE = "[Match]\nName=e*\n\n[Network]\nDHCP=yes\n"
STUB = ("../run/systemd/resolve/stub-resolv.conf", "/etc/resolv.conf")
NETWORKD_UNITS = ["systemd-networkd.service", "systemd-networkd-wait-online.service",
                  "systemd-resolved.service"]
UNDISTURBED = Run("journalctl --no-pager -u systemd-networkd", ("eth0",), ("DHCPv4",))

# Only a regular file can be covered.
NO_RESOLVER = "# nobody\n"


def cable_is_out_for(seconds):
    """And is back; meanwhile nothing of the root can be read that is not in memory."""

    def cable_is_out(scene):
        back = []

        def plug():
            scene.guest.set_link(True)
            back.append(True)

        scene.guest.set_link(False)
        scene.guest.after(seconds, plug)
        return lambda: back

    return cable_is_out


def lease_is_renewed(scene):
    """At half of the lease, by whoever has it."""
    log = scene.network.dhcp_log
    before = log.text.count("DHCPACK")
    return lambda: log.text.count("DHCPACK") > before


NM_KNOWS_IT = (
    Run("nm-online -s -t 60"),
    Run("nmcli -g GENERAL.STATE,GENERAL.CONNECTION,IP4.DNS device show eth0",
        ("100 (connected)", "nbdroot", NAME_SERVER)),
    # It has taken over what was there, and asked nobody.
    Run("journalctl --no-pager -b -u NetworkManager",
        ("assume: will attempt to assume matching connection 'nbdroot'",), ("dhcp4 (eth0)",)),
)

DHCPCD_ASKS_NOBODY = Run("journalctl --no-pager -b -u dhcpcd", ("dhcpcd",), ("eth0:",))

CASES = (
    handed_over("ifupdown", [(INTERFACES, "/etc/network/interfaces")], ["networking.service"],
                Run("systemctl is-active networking"),
                Run("ifquery --state", ("eth0=eth0",)),
                Run("pgrep dhclient || echo none", ("none",)),
                *ALIVE, full=False),
    handed_over("ifupdown-restarts", [(INTERFACES, "/etc/network/interfaces"),
                                      (NO_RESOLVER, "/etc/resolv.conf")],
                ["networking.service"], *ALIVE,
                Run("cat /etc/resolv.conf", (f"nameserver {NAME_SERVER}",
                                             "search lab.example example.org")),
                Run(". /run/net-eth0.conf && echo $DEVICE $PROTO $IPV4DNS0 $DHCPLEASETIME",
                    (f"eth0 dhcp {NAME_SERVER} {LEASE_S}",)),
                server_restarts, *ALIVE,
                Run("ifdown eth0; sleep 1; ifup eth0"), *ALIVE,
                Run("systemctl restart networking"), *ALIVE,
                Run("systemctl stop networking"), *ALIVE,
                lease_is_renewed, *ALIVE),
    # The configuration knows the name that udev gives the running interface.
    handed_over("ifupdown-renamed", [(RENAMED, "/etc/network/interfaces")], ["networking.service"],
                Run("ip -4 address show up", (f"inet {NET}.5", "ens2:")), HAS_ROUTE, WRITES,
                Run("ifquery --state", ("ens2=ens2",)),
                Run("pgrep dhclient || echo none", ("none",)),
                Run("ifdown ens2; sleep 1; ifup ens2"), HAS_ROUTE, WRITES, kernel="7.3"),
    handed_over("initramfs-tools", [(INTERFACES, "/etc/network/interfaces"),
                                    (NO_RESOLVER, "/etc/resolv.conf")],
                ["networking.service"], Run("ifquery --state", ("=",)), WRITES,
                Run("cat /etc/network/interfaces", ("inet manual",)),
                Run("pgrep dhclient || echo none", ("none",)),
                Run("cat /etc/resolv.conf", (f"nameserver {NAME_SERVER}",)),
                initramfs="initramfs-tools"),
    handed_over("host-name", [], [], Run("hostname", ("kiosk-7",)),
                Run("cat /etc/hostname", ("kiosk-7",)), Run("hostnamectl hostname", ("kiosk-7",)),
                arguments=" ip=::::kiosk-7::dhcp"),
    handed_over("networkd", [(NETWORKD_FILE, "/etc/systemd/network/10-all.network")],
                NETWORKD_UNITS, *ALIVE,
                Run("networkctl --no-pager status eth0",
                    ("/run/systemd/network/00-nbdroot.network", "routable (configured)")),
                Run("systemctl is-active systemd-networkd-wait-online"),
                Run("resolvectl dns eth0", (NAME_SERVER,)),
                Run("resolvectl domain eth0", ("lab.example example.org",)),
                UNDISTURBED,
                server_restarts, *ALIVE,
                Run("systemctl restart systemd-networkd"), *ALIVE,
                Run("networkctl reload && networkctl reconfigure eth0"), *ALIVE,
                cable_is_out_for(CUT_S), *ALIVE,
                Run("systemctl stop systemd-networkd systemd-networkd.socket"), *ALIVE,
                Run("systemctl start systemd-networkd.socket systemd-networkd"), *ALIVE,
                lease_is_renewed, *ALIVE,
                UNDISTURBED, links=(STUB,)),
    # Without a manager of the network resolved has what nobody else tells it.
    handed_over("resolved", [], ["systemd-resolved.service"], *ALIVE,
                Run("resolvectl status", (NAME_SERVER, "lab.example")), links=(STUB,)),
    handed_over("networkmanager", [(NO_RESOLVER, "/etc/resolv.conf")], ["NetworkManager.service"],
                *NM_KNOWS_IT, *ALIVE,
                Run("cat /etc/resolv.conf", (f"nameserver {NAME_SERVER}",)),
                server_restarts, *ALIVE,
                Run("systemctl restart NetworkManager"), *NM_KNOWS_IT, *ALIVE,
                cable_is_out_for(NM_CUT_S), *NM_KNOWS_IT, *ALIVE,
                lease_is_renewed, *NM_KNOWS_IT, *ALIVE,
                Run("systemctl stop NetworkManager"), *ALIVE,
                Run("systemctl start NetworkManager"), *NM_KNOWS_IT, *ALIVE),
    handed_over("dhcpcd", [(NO_RESOLVER, "/etc/resolv.conf")], ["dhcpcd.service"],
                Run("systemctl is-active dhcpcd"), DHCPCD_ASKS_NOBODY, *ALIVE,
                server_restarts, *ALIVE,
                Run("systemctl restart dhcpcd"), *ALIVE,
                Run("dhcpcd -n || true"), DHCPCD_ASKS_NOBODY, *ALIVE,
                Run("systemctl stop dhcpcd"), *ALIVE,
                lease_is_renewed, *ALIVE),
)
