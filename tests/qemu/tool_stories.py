"""What operators do to a root under load, a part for each tool. A part takes a Workbench, and leaves
the root connected and the load running."""

import json

from failure import expect
from network import Slirp
from workbench import AGENTS_OWN, EXPORT, TAIL_BYTES, quoted, until

TEXT = "rack 7, screen left"


def shows_status(bench):
    """Every field, to a person and to a program."""
    table = bench.ctl("status", "nbd0")
    for part in ("/dev/nbd0", "connected for", EXPORT, "MiB", "flags", "round trip", "reconnects", "log"):
        expect(part in table, f"status lacks {part!r}: {table}")
    shown = bench.status()
    size = bench.tail_offset + TAIL_BYTES
    wanted = {"device": "/dev/nbd0", "state": "connected", "size_bytes": size, "export": EXPORT,
              "attach": "ioctl" if bench.mode == "ioctl" else "netlink", "host": Slirp.host,
              "last_error": "", "reconnects": 0}
    found = {name: shown.get(name) for name in wanted}
    expect(found == wanted, f"status says {found}, not {wanted}")
    expect(shown["rtt_us"] > 0 and "flush" in " ".join(shown["flags"]) and len(shown["servers"]) == 2
           and (shown["relay"] is not None) == bench.is_relayed, f"status says {shown}")
    software = shown["server_software"]
    if bench.kind == "ours":
        expect(software and software.startswith("nbd-rootserver ") and f"{software}\n" in table,
               f"status says {software!r} of our server: {table}")
    else:
        expect(software is None and "not told by this server" in table,
               f"status says {software!r} of a foreign server: {table}")
    bench.ctl("status", "nbd9", status=1)
    mode = bench.do("stat -c '%a %u %g' /run/nbdroot/control").strip()
    expect(mode == "600 0 0", f"the control socket has mode, owner and group {mode}")


def keeps_a_text(bench):
    bench.ctl("info", TEXT)
    expect(bench.status()["info"] == TEXT, "status does not show the text")
    expect(bench.ctl("info").strip() == TEXT, "info does not show the text")
    bench.ctl("info", "x" * 201, status=2)


def reconnects(bench):
    shown = bench.reconnected("reconnect")
    expect(shown["info"] == TEXT, "a reconnect loses the text")
    bench.recovered()


def moves_to_another_server(bench):
    first, second = (one["server"] for one in bench.status()["servers"])
    for words, server in ((["2"], second), ([first.partition("/")[0]], first), (["1"], first)):
        shown = bench.reconnected("reconnect", "--server", *words)
        expect(shown["server"] == server, f"it is at {shown['server']}, not {server}")
        bench.recovered()
    said = bench.ctl("reconnect", "--server", "3", status=1)
    expect("no server is '3'" in said, f"a wrong server: {said!r}")


def may_not_move(bench):
    """A writable root without nbdroot.failover=rw."""
    said = bench.ctl("reconnect", "--server", "2", status=1)
    expect("nbdroot.failover=rw" in said, f"the refusal says {said!r}")
    expect("may not be used" in bench.ctl("status"), "status does not say that")
    bench.reconnected("reconnect", "--server", "1")
    bench.recovered()


# Its parent is of that name too; one that waits in NBD_DO_IT has forked after it.
KILL_SESSION = ("for p in /proc/[0-9]*; do read -r n <$p/cmdline; case $n in @nbdroot-agent*)"
                " q=$(sed -n 's/^PPid:.//p' $p/status); read -r m </proc/$q/cmdline;"
                " case $m in @nbdroot-agent*) kill -9 ${p#/proc/}; break;; esac;; esac; done 2>/dev/null")


def session_process_dies(bench):
    """What operators have set outlives it."""
    bench.ctl("timeout", "77")
    bench.ctl("log", "debug")
    before = bench.status()["reconnects"]
    bench.do(KILL_SESSION)
    shown = bench.wait_for_status(f'"state":"connected".*"reconnects":{before + 1},')
    found = shown["info"], shown["timeout_s"], shown["log"]
    expect(found == (TEXT, 77, "debug"), f"the new process has {found}")
    bench.ctl("log", "info")
    bench.ctl("timeout", "0")
    bench.recovered()


def wish_outlives_the_session_process(bench):
    """The server that somebody has asked for is gone to by the process after the one that was told."""
    shown = bench.status()
    bench.pause_servers()
    bench.ctl("reconnect", "--server", "2")
    bench.do(KILL_SESSION)
    bench.resume_servers()
    second, before = shown["servers"][1]["server"], shown["reconnects"]
    shown = bench.wait_for_status(f'"state":"connected".*"reconnects":{before + 1},')
    expect(shown["server"] == second, f"it is at {shown['server']}, not {second}")
    bench.reconnected("reconnect", "--server", "1")
    bench.recovered()


def timeout_takes_effect(bench):
    """On the connection in use, and on the next one; 0 turns it off."""
    bench.ctl("timeout", "2")
    for _ in range(2):
        before = bench.status()["reconnects"]
        bench.pause_servers()
        bench.do(until(f"! {AGENTS_OWN} status --json | grep -q '\"state\":\"connected\"'"))
        lost = [one["text"] for one in json.loads(bench.ctl("debug", "--json"))["agent"]["events"]
                if " lost: " in one["text"]]
        expect("(timeout)" in lost[-1], f"it was given up because: {lost[-1]}")
        bench.resume_servers()
        bench.wait_for_status(f'"state":"connected".*"reconnects":{before + 1},')
        bench.recovered()
    expect(bench.status()["timeout_s"] == 2, "a reconnect loses the timeout")
    bench.ctl("timeout", "0")
    before = bench.status()["reconnects"]
    bench.pause_servers()
    # Three times as long as the timeout was: the load counts once a second, whatever its root does.
    bench.wait_for_counts(6)
    shown = bench.status()
    bench.resume_servers()
    bench.recovered()
    expect((shown["reconnects"], shown["state"]) == (before, "connected"),
           f"without a timeout: {shown['state']}, {shown['reconnects']} reconnects, {before} before")
    bench.ctl("timeout", "x", status=2)


def shows_what_goes_on(bench):
    """debug, while nothing is answered."""
    bench.do("mount -t debugfs debugfs /sys/kernel/debug; mount -t tracefs tracefs /sys/kernel/tracing;"
             " [ -d /sys/kernel/tracing/instances ]")
    bench.reconnected("reconnect")
    bench.pause_servers()
    bench.do(until(f"{AGENTS_OWN} debug --json | grep -q '\"queue\":\\[{{'"))
    shown = json.loads(bench.ctl("debug", "--json"))
    table = bench.ctl("debug")
    followed = bench.do(_follow())
    bench.resume_servers()
    _judge_debug(bench, shown, table, json.loads(followed))
    expect(bench.do("ls /sys/kernel/tracing/instances").strip() == "", "a tracing instance is left")
    bench.recovered()


def _follow():
    """One line of debug --follow that knows what waits. The requests were issued before it watched: for
    a direct connection another one is made meanwhile."""
    return (f"{AGENTS_OWN} debug --follow --json >/run/follow & pid=$!;"
            " " + until("[ -s /run/follow ]") + "; (dd if=/reference of=/dev/null bs=4k count=1"
            " iflag=direct >/dev/null 2>&1 &);"
            " " + until("grep -q '\"offset\"' /run/follow")
            + "; kill -TERM $pid; wait $pid; grep '\"offset\"' /run/follow | head -n 1")


def _judge_debug(bench, shown, table, followed):
    kernel, agent = shown["kernel"], shown["agent"]
    expect(kernel["in_flight"] > 0 and kernel["writes"] > 0 and kernel["trouble"] == ""
           and all(one["operation"] and "tag" in one for one in kernel["queue"]),
           f"debug's kernel part: {kernel}")
    expect(agent["events"] and all(one["text"] for one in agent["events"]), f"debug's events: {agent['events']}")
    for part in ("completed", "in flight", "queue", "event", "waits"):
        expect(part in table, f"debug lacks {part!r}: {table}")
    if bench.is_relayed:
        waiting = agent["relay"]["waiting"]
    else:
        expect(kernel["waiting"] is None and "--follow" in table, "without --follow nothing is known")
        waiting = followed["kernel"]["waiting"]
    expect(waiting and all(one["length"] > 0 and one["waits_ms"] >= 0 and one["offset"] >= 0
                           for one in waiting if one["type"] != "flush"), f"debug's requests: {waiting}")


INSTANCES = "/sys/kernel/tracing/instances"


def several_follow(bench):
    """Each with an instance of its own; what one that was killed leaves goes when the next one begins."""
    if bench.is_relayed:
        return
    begin = f"{AGENTS_OWN} debug --follow --json >/run/follow.{{0}} & p{{0}}=$!; "
    shows = until("[ -s /run/follow.{0} ]") + "; "
    said = bench.do("".join((
        "rm -f /run/follow.*; ", *(begin.format(i) for i in range(3)), *(shows.format(i) for i in range(3)),
        f"ls {INSTANCES} | wc -l; kill -9 $p0; wait $p0 2>/dev/null; ls {INSTANCES} | wc -l; ", begin.format(3), shows.format(3),
        f"ls {INSTANCES} | wc -l; ls {INSTANCES} | grep -cx nbdrootctl-$p0;"
        " kill -TERM $p1 $p2 $p3; wait $p1 && wait $p2 && wait $p3")))
    expect(said.split() == ["3", "3", "3", "0"], f"instances of three, one killed, another begun: {said.split()}")
    expect(bench.do(f"ls {INSTANCES}").strip() == "", "a tracing instance is left")


def says_what_the_trace_has_lost(bench):
    """A follower that gets no time, with a buffer for few events."""
    if bench.is_relayed:
        return
    bench.do(f"{AGENTS_OWN} debug --follow --json >/run/follow & pid=$!; " + until("[ -s /run/follow ]")
             + f"; echo 4 >{INSTANCES}/nbdrootctl-$pid/buffer_size_kb; kill -STOP $pid;"
             " dd if=/reference of=/dev/null bs=512 count=400 iflag=direct 2>&1; kill -CONT $pid; "
             + until("grep -q '\"lost_events\":[1-9]' /run/follow") + "; kill -TERM $pid; wait $pid")
    bench.recovered()


def answers_a_signal(bench):
    bench.do("dmesg -c >/dev/null; for p in /proc/[0-9]*;"
             " do read -r n <$p/cmdline; case $n in @nbdroot-agent*) kill -USR1 ${p#/proc/};; esac; done"
             " 2>/dev/null; true")
    line = bench.wait_for_line("debug: /dev/nbd0")
    expect("completed" in line, f"the signal's line: {line}")
    bench.wait_for_line("debug: event ")


def changes_the_log_level(bench):
    bench.ctl("log", "error")
    expect(bench.status()["log"] == "error", "status does not show the log level")
    bench.do("dmesg -c >/dev/null")
    bench.reconnected("reconnect")
    said = bench.do("dmesg | grep 'nbdroot \\[' || echo nothing").strip()
    expect(said == "nothing", f"with log level error: {said}")
    bench.ctl("log", "info")
    bench.ctl("log", "loud", status=2)
    bench.recovered()


def two_operators_at_once(bench):
    """Each is answered, and none by another one's answer."""
    loop = ("for i in $(seq 1 15); do {ctl} status --json | grep -q '\"state\"' && [ $({ctl} info {word}) = {word} ]"
            " && {ctl} timeout | grep -qx 0 && {ctl} reconnect >/dev/null || exit 1; done")
    first, second = (loop.format(ctl=AGENTS_OWN, word=word) for word in ("first", "second"))
    bench.do(f"({first}) & one=$!; ({second}) & two=$!; wait $one && wait $two")
    bench.wait_for_status('"state":"connected"')
    bench.ctl("info", TEXT)
    bench.recovered()


def answers_while_the_server_is_away(bench):
    before = bench.status()["reconnects"]
    bench.kill_servers()
    bench.wait_for_status(r'"state":"\(connecting\|pausing\)"')
    for words in (["status"], ["info"], ["debug"], ["reconnect"], ["timeout", "9"], ["timeout", "0"]):
        bench.ctl(*words)
    said = bench.packaged("server-cmd", "status", status=1)
    expect("; the root's connection is " in said and " too" in said, f"server-cmd says {said!r}")
    bench.restart_servers()
    bench.wait_for_status(f'"state":"connected".*"reconnects":{before + 1},')
    bench.recovered()


# ---- storms --------------------------------------------------------------------------------------

STORM = 120  # reconnects: twice as many as the log shows of one kind in a minute
MOST_LINES = 90  # of one kind


def log_stays_readable(bench):
    """So many reconnects: lines are held back, and counted."""
    bench.do("dmesg -c >/dev/null")
    loop = (f"for i in $(seq 1 {STORM}); do {AGENTS_OWN} reconnect >/dev/null;"
            f" until {AGENTS_OWN} status --json | grep -q '\"state\":\"connected\"'; do :; done; done")
    bench.do(f"timeout 170 sh -c {quoted(loop)}")
    lines = bench.do("dmesg | grep -c 'nbdroot.*again after' || true")
    expect(0 < int(lines) <= MOST_LINES, f"{STORM} reconnects made {lines.strip()} lines")
    bench.do(until("dmesg | grep 'nbdroot.*more like this in the last'"))
    bench.recovered()


def dead_server_fills_no_log(bench):
    """Under load; the kernel's driver and the block layer say nothing of it either."""
    bench.do("dmesg -c >/dev/null")
    bench.kill_servers()
    bench.wait_for_counts(15)
    lines = bench.do("dmesg | grep -cE 'nbdroot|nbd0' || true")
    text = bench.do("dmesg | grep -E 'nbdroot|nbd0' | tail -n 5")
    bench.restart_servers()
    bench.wait_for_status('"state":"connected"')
    bench.recovered()
    expect(int(lines) <= MOST_LINES, f"15 s without a server made {lines.strip()} lines: {text}")
