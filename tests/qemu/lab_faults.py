"""The faults that need a network lab: QEMU's user network ends TCP itself. A step's time counts from
the end of the step before it."""

from fault import GOES_ON, RECOVERED, RUNS, Fault, Served, step, under_load
from faults import LOAD_S, SILENCE_S
from lab_checks import connections, content_is, said_by_saboteur, told
from checks import agent_line
from netlab import FAR_SERVER

SECOND_SERVER = "10.77.0.2"
# nft's words for messages of a DHCP server: dnsmasq sends the option with the type first.
DHCP_OFFER, DHCP_ACK = (f"udp sport 67 @th,2000,8 {kind}" for kind in (2, 5))
# Noticed by silence, not by a carrier: 2 s more than after a restart.
UNSEEN_S = 2
NOTICED = agent_line("nothing heard for 8 s")


def half_open(seconds, action="drop"):
    # One way only: the server's retransmissions are heard, for as long as they come often enough.
    is_deaf = action != "drop_from"
    return Fault(f"half-open-{seconds}" + action.removeprefix("drop").replace("_", "-"),
                 under_load(step(LOAD_S, action), step(seconds, "heal")),
                 outage_s=seconds, extra_s=UNSEEN_S, checks=(NOTICED,) if is_deaf else ())


HALF_OPEN_20, HALF_OPEN_30, HALF_OPEN_120 = map(half_open, (20, 30, 120))
ONE_WAY_FROM, ONE_WAY_TO = (half_open(20, action) for action in ("drop_from", "drop_to"))
# New connections are dropped, what is there goes on: nobody may touch it.
SYN_DROPPED = Fault(
    "syn-dropped-10",
    under_load(step(LOAD_S, "drop_new"), step(10, "heal")),
    outage_s=0, checks=(connections("first", 1),))

RESET = Fault(
    "reset-2", under_load(step(LOAD_S, "refuse"), step(2, "accept")), outage_s=2)
# Short, so that the old connection's next packet meets the machine that does not know it.
SERVER_REBOOT = Fault(
    "server-reboot-5",
    under_load(step(LOAD_S, "drop", "first"), step(0, "power_cycle"), step(4, "start_wrong", "first"),
               step(1, "heal")),
    outage_s=5, extra_s=UNSEEN_S)
SILENT_REPLACED = Fault(
    "silent-replaced",
    # The other must be dead: an image has one writer.
    under_load(step(LOAD_S, "drop", "first"), step(0, "kill"), step(1, "start_wrong", "second")),
    servers=(Served("first"), Served("second", host=SECOND_SERVER, runs=False)),
    target=f"nbd://{{host}}:{{first}},nbd://{SECOND_SERVER}:{{second}}",
    arguments="nbdroot.failover=rw", outage_s=SILENCE_S, checks=(NOTICED,))
STALL_30 = Fault(
    "stall-30", under_load(step(LOAD_S, "stop"), step(30, "cont")), outage_s=30,
    checks=(connections("first", 1),))

# ---- a saboteur before the server ----------------------------------------------------------------

PHASES = ("accept", "greeting", "flags", "go", "go-reply", "handshake")


def sabotages(action, phases=PHASES):
    return [f"{action}@{phase}" for phase in phases]


# One attempt after the other: 0.25 s apart, a little more for each.
RESET_HANDSHAKE = Fault(
    "reset-handshake",
    under_load(step(LOAD_S, "plan", *sabotages("reset")), step(0, "now", "reset@once")),
    outage_s=len(PHASES), checks=(said_by_saboteur(len(PHASES) + 1),))
RESET_BOOT = Fault(
    "reset-boot", (step(0, "plan", *sabotages("reset", PHASES[:-1])), RUNS, *GOES_ON),
    checks=(said_by_saboteur(len(PHASES) - 1),))
RESET_BUSY = Fault(
    "reset-busy",
    under_load(step(LOAD_S, "now", "reset@in-reply"), RECOVERED, step(1, "now", "reset@in-request"),
               RECOVERED, step(1, "now", "reset@reply")),
    outage_s=1, checks=(said_by_saboteur(3),))
SILENT_PHASES = PHASES[:5]
SILENT_HANDSHAKE = Fault(
    "silent-handshake",
    under_load(step(LOAD_S, "plan", *sabotages("silence", SILENT_PHASES)),
               step(0, "now", "reset@once")),
    outage_s=31 * len(SILENT_PHASES), checks=(said_by_saboteur(len(SILENT_PHASES) + 1),),
    limit_s=31 * len(SILENT_PHASES))
# The kernel of a live server that does not read answers probes: 60 s of that are no reason. Those
# probes have a timer of their own, proc_net_tcp.txt. The watch runs before, so that it need not be
# read from a root that hangs.
WATCH_WINDOW = ("sh until awk '$4 == \"01\" && $6 ~ /^04/ { found = 1 } END { exit !found }'"
                " /proc/net/tcp; do sleep 1; done; echo '{\"event\":\"window-closed\"}'")
CLOSED_WINDOW = Fault(
    "closed-window-65",
    under_load(step(0, "tell", WATCH_WINDOW), step(LOAD_S, "now", "pause@in-request"),
               step(0, "event", "window-closed"), step(65, "read_on")),
    test="load:8:2", outage_s=70, checks=(connections("first", 1),))
LIES_AT_RETURN = Fault(
    "lies-at-return",
    under_load(step(LOAD_S, "plan", *sabotages("garbage", PHASES[:4]), "size+1@go-reply",
                    "size-1@go-reply"), step(0, "now", "reset@once")),
    outage_s=6, checks=(said_by_saboteur(7), agent_line("magic"), agent_line("size")))
LIES = Fault(
    "lies",
    under_load(step(LOAD_S, "now", "garbage@reply"), RECOVERED,
               step(1, "now", "unknown-cookie@reply"), RECOVERED, step(1, "now", "larger@reply")),
    outage_s=1, checks=(
        said_by_saboteur(3), connections("first", 4),
        told("Wrong magic (0x48545450)", f"magic {0x48545450} "),
        told("Unexpected reply", "is of no unanswered request"),
        told("Wrong magic (0x0)", "magic 0 ")))

# ---- the guest's own network ---------------------------------------------------------------------


def inside(name, command, **more):
    return Fault(name, under_load(step(LOAD_S, "tell", f"sh {command}")), outage_s=0,
                 extra_s=UNSEEN_S, checks=(agent_line("put back"),), **more)


ADDRESS_DELETED = inside("address-deleted", "ip address flush dev eth0")
LINK_DOWN = inside("link-down", "ip link set eth0 down")
FAR = (Served("first", host=FAR_SERVER),)
ROUTE_DELETED = inside("route-deleted", "ip route delete default", servers=FAR,
                       target=f"{FAR_SERVER}:{{first}}")


def cut_in_dhcp(name, unanswered, message):
    """The answers to MESSAGE are lost, so that it is under way when the cable is pulled."""
    return Fault(name, (
        step(0, "drop_to", "guest", unanswered), step(0, "asked", message), step(0, "cut"),
        step(10, "heal"), step(0, "uncut"), RUNS, *GOES_ON))


CUT_IN_DISCOVER = cut_in_dhcp("cut-in-discover", DHCP_OFFER, "DHCPDISCOVER")
CUT_IN_REQUEST = cut_in_dhcp("cut-in-request", DHCP_ACK, "DHCPREQUEST")

# ---- fencing -------------------------------------------------------------------------------------

# The first write waits in the old connection, and is sent again by the new one; then a newer one
# lands. What the old connection still delivers after that must not.
PREPARE = ("sh for c in A B; do tr '\\0' $c </dev/zero | head -c 4096 >/run/$c; done;"
           " cp /run/B /held; sync; echo '{\"event\":\"prepared\"}'")
WRITES = ("sh for c in A B; do dd if=/run/$c of=/held bs=4096 conv=notrunc oflag=direct 2>/dev/null;"
          " done; echo '{\"event\":\"written\"}'")
RELEASED_S = 4  # the rest follows the first packet within a second
OLD_WRITE = Fault(
    "old-write",
    (RUNS, step(0, "tell", PREPARE), step(0, "event", "prepared"), step(1, "drop_connection"),
     step(0, "tell", WRITES), step(0, "event", "written"), step(0, "release_connection"),
     step(RELEASED_S, "recovered"), step(0, "tell", "stop")),
    outage_s=SILENCE_S, checks=(NOTICED, content_is("/held", "B" * 4096)))
