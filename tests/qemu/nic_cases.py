"""The cases of cards and cables: which card leads to the server, and what stands in the way."""

from case import Case
from checks import address_is, agent_says, boot_error, file_in_image, root_is
from failure import expect
from netlab import NET, SERVER
from niclab import LATE, NOWHERE, SERVED, SILENT, mac, nics

STP_S = 45  # listening and learning, 15 s each, and what a switch needs to begin
LATE_S = 60
LEASE_S = 60
LEASES = 5
FLOOD_LINES = 20
FOUR_NICS_S = 2  # in an emulated machine; one card needs 0.1


def bootif(number):
    return "BOOTIF=01-" + mac(number).replace(":", "-")


def unplugged(*numbers):
    """Those cards have no carrier."""

    def during(scene):
        def pull():
            for number in numbers:
                scene.guest.command("set_link", name=f"nic{number}", up=False)

        scene.guest.after(0, pull)

    return during


def blocked(scene):
    """The switch's port forwards nothing for as long as the spanning tree wants."""
    network, guest = scene.network, scene.guest
    network.when_heard(guest, lambda: guest.after(STP_S, network.heal))
    network.drop()


def dhcp_comes_late(scene):
    network, guest = scene.network, scene.guest
    network.when_heard(guest, lambda: guest.after(LATE_S, network.start_dhcp))


def card_comes_late(scene):
    scene.guest.after(20, lambda: scene.network.plug_in(scene.guest))


def lease_lived_through(scene):
    """The guest goes on once it has renewed for five leases' time: each at half of it."""
    guest = scene.guest

    def poll():
        if len(renewals(scene.network.dhcp_log.text)) >= 2 * LEASES:
            guest.tell("go")
        else:
            guest.after(1, poll)

    guest.after(1, poll)


def renewals(log):
    """The lines of the DHCP server's log in which somebody with an address asks for it again."""
    return [line for line in log.splitlines() if line.startswith("request ") and "unicast" in line]


def network_is(*fragments):
    """A line of ip(8)'s in the guest holds all of these."""

    def check(finding):
        lines = finding.report["network"]
        expect(any(all(fragment in line for fragment in fragments) for line in lines),
               f"no line of {lines} holds {fragments}")

    return check


def network_is_not(*fragments):
    def check(finding):
        lines = finding.report["network"]
        expect(not any(all(fragment in line for fragment in fragments) for line in lines),
               f"a line of {lines} holds {fragments}")

    return check


def waited(phases, at_least_s):
    """Those phases of the boot took that long together, and were not too talkative. Figures."""

    def check(finding):
        took = {phase["name"]: phase["end_ms"] - phase["start_ms"]
                for phase in finding.report["boot"]["phases"]}
        together = sum(took[name] for name in phases)
        expect(together >= at_least_s * 1000, f"{phases} took only {together} ms")
        lines = finding.report["agent"]
        expect(len(lines) < FLOOD_LINES, f"the agent said {len(lines)} lines: {lines}")
        return {f"{name}_ms": took[name] for name in phases}

    return check


def within(limit_s):
    """Address and connection took no longer than that."""

    def check(finding):
        figures = FIGURES(finding)
        together = sum(figures.values())
        expect(together <= limit_s * 1000, f"{figures} are more than {limit_s} s")
        return figures

    return check


def refused_requests(count):
    """The DHCP server said no to so many."""

    def check(finding):
        log = finding.image.with_name("responder.log").read_text()
        asked = log.count("request ")
        expect(asked == count + 1, f"{asked} requests, not {count + 1}:\n{log}")

    return check


FIGURES = waited(("network", "connect"), 0)


def boots(name, arguments, network, *checks, test="write", **more):
    """A boot that gets its root; what it writes is there afterwards."""
    return Case(
        name=name,
        arguments=f"{arguments} rw test={test}:{name}",
        network=network,
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"),
                file_in_image("/written", f"{name}\n"), *checks),
        **{"full": True, **more},
    )


def by_root_path(name, root_path, *checks, arguments="nbdroot=dhcp", **more):
    """DHCP says where the image is."""
    return boots(f"root-path-{name}", arguments,
                 nics(SERVED, dhcp_options=(f"--dhcp-option=option:root-path,{root_path}",)),
                 *checks, port=10809, **more)


def by_name(name, target, *options, arguments="", asked="disks.lab.test"):
    """The lab's switch is the DNS server."""
    return boots(f"name-{name}", f"nbdroot={target} {arguments}",
                 nics(SERVED, names=(f"--host-record={asked},{SERVER}",),
                      dhcp_options=(f"--dhcp-option=option:dns-server,{NET}.254", *options)))


FOUR = nics(SILENT, NOWHERE, SERVED, SILENT)
TARGET = "nbdroot={host}:{port}"

CASES = (
    boots("one-nic", TARGET, nics(SERVED), FIGURES),
    boots("four-nics", TARGET, FOUR, within(FOUR_NICS_S), network_is("eth2", f"{NET}."),
          network_is_not("eth1", "inet"), during=unplugged(0), full=False),
    boots("four-nics-bootif", f"{TARGET} {bootif(2)}", FOUR, FIGURES,
          network_is("eth2", f"{NET}."), network_is_not("eth1", "inet"), during=unplugged(0)),
    boots("two-nics", TARGET, nics(NOWHERE, SERVED), FIGURES, network_is("eth1", f"{NET}."),
          network_is_not("eth0", "inet")),
    boots("two-nics-bootif", f"{TARGET} {bootif(1)}", nics(NOWHERE, SERVED), FIGURES,
          network_is("eth1", f"{NET}."), network_is_not("eth0", "inet")),
    boots("two-nics-named", f"{TARGET} ip=eth1:dhcp", nics(NOWHERE, SERVED), FIGURES,
          network_is("eth1", f"{NET}."), network_is_not("eth0", "inet")),
    Case(
        name="two-nics-wrong-bootif",
        arguments=f"{TARGET} {bootif(0)} nbdroot.boot-timeout=20 nbdroot.fail=shell",
        initramfs="fail-report",
        network=nics(NOWHERE, SERVED),
        checks=(boot_error("connect"),),
        full=True,
    ),
    boots("stp", TARGET, nics(SERVED), waited(("network", "connect"), STP_S - 2), during=blocked,
          waits=True),
    boots("stp-static", f"{TARGET} ip={NET}.77::{NET}.254:24::eth0:off", nics(SERVED),
          waited(("network", "connect"), STP_S - 2), during=blocked, waits=True),
    boots("dhcp-comes-late", TARGET, nics(SERVED, dhcp_at_once=False),
          waited(("network",), LATE_S - 2), during=dhcp_comes_late, waits=True),
    boots("dhcp-nak", TARGET, nics(SERVED, responder=("--nak", "2")), refused_requests(2),
          address_is(f"{NET}.50/24")),
    boots("static-kernel-form",
          f"{TARGET} ip={NET}.77:{NET}.1:{NET}.254:255.255.255.0:node:eth1:off",
          nics(NOWHERE, SERVED), FIGURES, address_is(f"{NET}.77/24"),
          network_is("default via", f"{NET}.254", "eth1")),
    boots("static-dracut-form", f"{TARGET} ip={NET}.77::{NET}.254:24:node:eth1:none:1400",
          nics(NOWHERE, SERVED), FIGURES, address_is(f"{NET}.77/24"),
          network_is("eth1", "mtu 1400")),
    boots("mtu-by-dhcp", TARGET,
          nics(SERVED, mtu_bytes=9000, dhcp_options=("--dhcp-option=option:mtu,9000",)),
          network_is("eth0", "mtu 9000")),
    boots("mtu-by-ip", f"{TARGET} ip=eth0:dhcp:9000", nics(SERVED, mtu_bytes=9000),
          network_is("eth0", "mtu 9000")),
    by_root_path("debian", f"{SERVER}:10809/root", export="root"),
    by_root_path("debian-three-fields", f"{SERVER},root,nbd2", export="root"),
    by_root_path("debian-slash", f"{SERVER}:/root", export="/root"),
    by_root_path("dracut", f"nbd:{SERVER}:root:ext4:rw", export="root"),
    by_root_path("dracut-port", f"nbd:{SERVER}:10809", arguments="netroot=dhcp root=/dev/root"),
    by_root_path("uri", f"nbd://{SERVER}/root", export="root"),
    by_root_path("uri-port", f"nbd://{SERVER}:10809/"),
    by_name("whole", "disks.lab.test:{port}"),
    by_name("searched", "disks:{port}", "--dhcp-option=option:domain-search,lab.test"),
    by_name("of-domain", "disks:{port}", "--dhcp-option=option:domain-name,lab.test"),
    by_name("static", "disks.lab.test:{port}",
            arguments=f"ip={NET}.77::{NET}.254:24::eth0:off nameserver={NET}.254"),
    boots("lease-of-60-s", TARGET, nics(SERVED, responder=("--lease", str(LEASE_S))),
          address_is(f"{NET}.50/24"), test="told", during=lease_lived_through,
          limit_s=LEASE_S * LEASES + 180, waits=True),
    boots("nic-comes-late", TARGET, nics(SILENT, LATE), FIGURES, network_is("eth1", f"{NET}."),
          during=card_comes_late),
)
