"""The faults. A step's time counts from the end of the step before it."""

from dataclasses import replace

from checks import agent_line, services_alive
from fault import GOES_ON, RECOVERED, RUNS, Fault, Served, step, under_load

LOAD_S = 3  # of load before a fault
SILENCE_S = 8  # after which the agent gives up a peer from whom nothing comes
TWO = (Served("first"), Served("second", runs=False))
EITHER = "nbd://{host}:{first},nbd://{host}:{second}"


def signal_session(number):
    """Steps. The session process is the one that the guardian re-forks: its parent is of that name
    too. One that waits in NBD_DO_IT has forked after it, so the first that is found is the session.
    """
    return (step(0, "tell", "sh for p in /proc/[0-9]*; do read -r n <$p/cmdline;"
                 " case $n in @nbdroot-agent*) q=$(sed -n 's/^PPid:.//p' $p/status);"
                 " read -r m </proc/$q/cmdline; case $m in @nbdroot-agent*)"
                 f" kill -{number} ${{p#/proc/}}; echo '{{\"event\":\"signalled\"}}'; break;;"
                 " esac;; esac; done 2>/dev/null"),
            step(0, "event", "signalled"))


KILL_SESSION = signal_session(9)
# Without a server only that can run which has run before.
REHEARSE = signal_session(0)


NONE = Fault("no-fault", under_load(step(10, "recovered")), outage_s=0)


def down(seconds, how="kill"):
    return Fault(f"{how}-restart-{seconds}",
                 under_load(step(LOAD_S, how), step(seconds, "start")), outage_s=seconds)


KILL_RESTART_3, KILL_RESTART_30, KILL_RESTART_120 = map(down, (3, 30, 120))
TERM_RESTART_3 = down(3, "term")
# nbdkit answers requests with ESHUTDOWN while it ends: errors by its own word. Read-only, since a
# writable file system would not go on after them.
TERM_RESTART_3_ERRORS = replace(TERM_RESTART_3, name="term-restart-3-ro", errors_expected=True,
                                read_only=True, test="load:0:4")
STOP_30 = Fault("stop-30", under_load(step(LOAD_S, "stop"), step(30, "cont")), outage_s=30)
CUT_30, CUT_120 = (
    Fault(f"cut-{seconds}", under_load(step(LOAD_S, "cut"), step(seconds, "uncut")),
          outage_s=seconds) for seconds in (30, 120))
CUT_KILL_30 = Fault(
    "cut-kill-30",
    under_load(step(LOAD_S, "cut"), step(1, "kill"), step(28, "start_wrong", "first"),
               step(1, "uncut")),
    outage_s=30)
RESTARTS_20 = Fault(
    "restarts-20",
    (RUNS, *20 * (step(1, "kill"), step(1, "start"), RECOVERED), *GOES_ON), outage_s=1)
WRONG_IMAGE = Fault(
    "wrong-image-10",
    under_load(step(LOAD_S, "kill"), step(1, "start_wrong", "wrong"), step(8, "kill", "wrong"),
               step(1, "start")),
    servers=(Served("first"), Served("wrong", image="other", port_of="first", runs=False)),
    outage_s=10, checks=(agent_line("this boot began on image"),))
SECOND_READ_ONLY = Fault(
    "second-server-ro", under_load(step(LOAD_S, "kill"), step(3, "start", "second")),
    servers=TWO, target=EITHER, read_only=True, test="load:0:4", outage_s=3)
SECOND_FAILOVER_RW = Fault(
    "second-server-rw", under_load(step(LOAD_S, "kill"), step(3, "start", "second")),
    servers=TWO, target=EITHER, arguments="nbdroot.failover=rw", outage_s=3)
SECOND_NO_FAILOVER = Fault(
    "second-server-not-rw",
    under_load(step(LOAD_S, "kill"), step(3, "start_wrong", "second"), step(5, "kill", "second"),
               step(1, "start")),
    servers=TWO, target=EITHER, outage_s=9)
OUTAGE_600 = down(600)
SESSION_KILL = Fault(
    "session-kill",
    under_load(step(LOAD_S, "recovered"), *KILL_SESSION, RECOVERED,
               # The new one has to be of use.
               step(1, "kill"), step(3, "start")),
    outage_s=3)
SESSION_KILL_IN_OUTAGE = Fault(
    "session-kill-in-outage",
    under_load(*REHEARSE, step(LOAD_S, "kill"), step(1, "wait"), *KILL_SESSION,
               step(2, "start")),
    outage_s=3)
# It says so twice, and "error" where its memory has grown in between.
RECONNECTS = 1000
RECONNECTED = step(0, "event", "reconnected")
RECONNECTS_1000 = Fault(
    f"reconnects-{RECONNECTS}",
    under_load(step(LOAD_S, "tell",
                    f"sh root-load reconnect /run/nbdroot/control {RECONNECTS} &"),
               RECONNECTED, RECONNECTED),
    limit_s=400)
MEMORY = Fault(
    "memory-15", (RUNS, step(0, "kill"), step(15, "start")), outage_s=15, test="dirty:256",
    memory_mib=128)
TIMEOUT_SILENT = Fault(
    "timeout-5", under_load(step(LOAD_S, "stop")),
    servers=(Served("first"), Served("second")), target=EITHER, read_only=True, test="load:0:4",
    arguments="nbdroot.timeout=5", outage_s=5, extra_s=2)
LOST_REBOOT = Fault(
    "lost-reboot-5", (RUNS, RECOVERED, step(LOAD_S, "kill")), arguments="nbdroot.lost=reboot:5",
    ended="guest-reset", lost=True)
LOST_ERROR = Fault(
    "lost-error-5",
    (RUNS, step(LOAD_S, "kill"), step(0, "load_fails"), step(0, "start"),
     step(0, "tell", "stop")),
    arguments="nbdroot.lost=error:5", test="load:0:2", read_only=True, errors_expected=True)


def boot(phase, trip_bytes):
    """The server is killed when the guest has been sent so many bytes, and back after 3 s."""
    return Fault(
        f"boot-kill-{phase}",
        (step(0, "event", "tripped"), step(0, "kill"), step(3, "start"), RUNS, *GOES_ON),
        servers=(Served("first", trip_bytes=trip_bytes),))


# What our server sends: 18 bytes of greeting, some hundred of option replies, then reads: the
# partition scan, the superblocks, the mount; then the init.
BOOT_DHCP = Fault(
    "boot-kill-dhcp", (step(0, "kill"), step(6, "start"), RUNS, *GOES_ON))
BOOT = (
    BOOT_DHCP,
    boot("handshake", 20),
    boot("attached", 600),
    boot("mount", 40_000),
    boot("init", 400_000),
)
BOOT_TIMEOUT = Fault(
    "boot-timeout-10", (step(0, "event", "tripped"), step(0, "kill")),
    servers=(Served("first", trip_bytes=600),), initramfs="fail-report",
    arguments="nbdroot.boot-timeout=10 nbdroot.fail=shell", lost=True)
FAIL_REBOOT = Fault(
    "fail-reboot", (step(0, "kill"),),
    arguments="nbdroot.boot-timeout=5 nbdroot.fail=reboot", ended="guest-reset", lost=True)
FAIL_POWEROFF = Fault(
    "fail-poweroff", (step(0, "kill"),),
    arguments="nbdroot.boot-timeout=5 nbdroot.fail=poweroff", lost=True)

SYSTEMD_600 = Fault(
    "systemd-outage-600",
    (RUNS, step(5, "kill"), step(600, "start"), RECOVERED, step(0, "login"), *GOES_ON),
    outage_s=600, root="debian", test="none", arguments="nbdroot-load", limit_s=400,
    memory_mib=512, checks=(services_alive,))
SYSTEMD_30 = Fault(
    "systemd-outage-30",
    (RUNS, step(5, "kill"), step(30, "start"), RECOVERED, step(0, "login"), *GOES_ON),
    outage_s=30, root="debian", test="none", arguments="nbdroot-load", limit_s=400,
    memory_mib=512, checks=(services_alive,))
