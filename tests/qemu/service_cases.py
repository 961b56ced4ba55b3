"""nbd-rootserver as a service of a real systemd, with all that its unit forbids."""

import image
import process
from case import Case
from checks import agent_says, root_is, said_goodbye, system_running
from orders import ORDERS, Run, orders, with_orders

PROGRAMS = image.BUILD / "bin"
PACKAGING = image.TOP / "packaging/systemd"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
UNIT = "/etc/systemd/system/nbd-rootserver.service"

CONFIGURATION = "[generic]\nlistenaddr = 127.0.0.1\n[disk]\nexportname = /srv/disk.img\n"
MORE = "[more]\nexportname = /srv/disk.img\nreadonly = true\n"

# One client: the greeting, EXPORT_NAME, a WRITE with FUA, and the server's word for it (8 zeroes: the
# cookie's place is the last 8 bytes).
CLIENT = r"""bash -c 'exec 3<>/dev/tcp/127.0.0.1/10809; head -c 18 <&3 >/dev/null
printf "\0\0\0\3IHAVEOPT\0\0\0\1\0\0\0\4disk" >&3; head -c 10 <&3 >/dev/null
printf "\045\140\225\023\0\1\0\1COOKIE78\0\0\0\0\0\0\0\0\0\0\0\5hello" >&3; head -c 16 <&3 | od -An -c'""".replace(
    "\n", "; ")


# Connects all the time: a line of /run/knocks for each try, 9 where it is refused, 0 where it is greeted.
KNOCK = r"""while [ -e /run/knock ]; do
  bash -c 'exec 3<>/dev/tcp/127.0.0.1/10809 || exit 9; [ "$(head -c 8 <&3)" = NBDMAGIC ]'
  echo $? >>/run/knocks
done
"""


def _until(condition):
    """Shell. systemctl tells a unit's state and waits for none, and the guest has no inotify: it is asked again
    and again. The deadline is the step's own."""
    return f"until {condition}; do sleep 0.1; done"


def _while_somebody_knocks(*commands):
    """Steps: meanwhile nobody is refused, and not all are closed without a greeting."""
    yield Run("rm -f /run/knocks; touch /run/knock; systemd-run --collect --unit=knock bash /root/knock; "
              + _until("grep -qx 0 /run/knocks"))
    for command in commands:
        yield Run(command)
    yield Run(f"rm /run/knock; {_until('! systemctl is-active -q knock')}; sort /run/knocks | uniq -c;"
              " ! grep -x 9 /run/knocks && [ $(grep -cx 0 /run/knocks) -ge 5 ]")


# As often as it is wanted here systemd would not start a service without the first word.
RESTART = "systemctl reset-failed nbd-rootserver; systemctl restart nbd-rootserver"
# The process stays, its program is the file that is there now.
UPGRADE = ("cp /usr/bin/nbd-rootserver /usr/bin/newer && mv /usr/bin/newer /usr/bin/nbd-rootserver;"
           " pid=$(systemctl show -P MainPID nbd-rootserver); readlink /proc/$pid/exe | grep deleted;"
           " nbd-rootserverctl restart && [ $(systemctl show -P MainPID nbd-rootserver) = $pid ]"
           " && [ /proc/$pid/exe -ef /usr/bin/nbd-rootserver ]"
           " && " + _until("systemctl is-active nbd-rootserver"))
CRASH = "systemctl kill -s KILL --kill-whom=main nbd-rootserver; " + _until(
    "[ $(systemctl show -P NRestarts nbd-rootserver) = 1 ] && systemctl is-active -q nbd-rootserver")


def _libraries(program):
    """(file, name) of what PROGRAM is linked with."""
    for line in process.run("ldd", program).splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "=>":
            yield words[2], words[0]


def _with_server(template, out):
    unit = (PACKAGING / "nbd-rootserver.service.in").read_text(encoding="utf-8")
    files = [(unit.replace("@CMAKE_INSTALL_FULL_BINDIR@", "/usr/bin"), UNIT),
             ((PACKAGING / "nbd-rootserver.socket").read_text(encoding="utf-8"),
              UNIT.replace(".service", ".socket")), (KNOCK, "/root/knock"),
             (CONFIGURATION, "/etc/nbd-rootserver.ini"), (MORE, "/etc/more.ini"),
             ((PACKAGING / "nbd-rootserver.sysusers").read_text(encoding="utf-8"),
              "/usr/lib/sysusers.d/nbd-rootserver.conf")]
    with_orders(files)(template, out)
    for name in "nbd-rootserver", "nbd-rootserverctl":
        image.add_program(out, PROGRAMS / name, f"/usr/bin/{name}")
    for file, name in _libraries(PROGRAMS / "nbd-rootserver"):
        if not process.run("debugfs", "-R", f"stat {LIBRARIES}/{name}", out):
            image.add_program(out, file, f"{LIBRARIES}/{name}")


CASES = (
    Case(
        name="service-unit",
        arguments="nbdroot={host}:{port} rw" + ORDERS,
        root="debian",
        make=_with_server,
        during=orders(
            Run("systemd-sysusers && truncate -s 8M /srv/disk.img && chown nbd-rootserver /srv/disk.img"),
            Run("systemctl daemon-reload && systemctl start nbd-rootserver"),  # ends when it is ready
            Run("systemctl show -P User,MainPID nbd-rootserver", ("nbd-rootserver",)),
            Run("grep Seccomp: /proc/$(systemctl show -P MainPID nbd-rootserver)/status", ("2",)),
            Run(CLIENT, ("C   O   O   K   I   E   7   8",)),
            Run("head -c 5 /srv/disk.img", ("hello",)),
            Run("nbd-rootserverctl exports", ("disk",)),
            Run("cat /etc/more.ini >>/etc/nbd-rootserver.ini; systemctl reload nbd-rootserver"),
            Run("nbd-rootserverctl exports", ("disk", "more")),
            # A file with faults: the reload says so, and the service goes on.
            Run("echo nonsense >>/etc/nbd-rootserver.ini; systemctl reload nbd-rootserver || echo no",
                ("no",)),
            Run("systemctl is-active nbd-rootserver", ("active",)),
            Run(CLIENT, ("C   O   O   K   I   E   7   8",)),
            Run("ls -ld /var/lib/nbd-rootserver /run/nbd-rootserver/control", ("nbd-rootserver",)),
            Run("systemctl stop nbd-rootserver && systemctl show -P Result nbd-rootserver", ("success",)),
            Run("journalctl --no-pager -o cat -u nbd-rootserver", ("serving /srv/disk.img", "stopped"),
                ("<6>", "Operation not permitted")),
            Run("journalctl --no-pager -o cat -p err -u nbd-rootserver", ("nothing has changed",),
                ("serving", "modified")),
        ),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"), system_running, said_goodbye),
        limit_s=400,
        full=True,
    ),
    Case(
        name="service-restart",
        arguments="nbdroot={host}:{port} rw" + ORDERS,
        root="debian",
        make=_with_server,
        during=orders(
            Run("systemd-sysusers && truncate -s 8M /srv/disk.img && chown nbd-rootserver /srv/disk.img"),
            # Socket activation: the first client starts the service.
            Run("systemctl daemon-reload && systemctl start nbd-rootserver.socket;"
                " systemctl is-active nbd-rootserver || true", ("inactive",)),
            Run(CLIENT, ("C   O   O   K   I   E   7   8",)),
            *_while_somebody_knocks(RESTART, RESTART, UPGRADE),
            Run("journalctl --no-pager -o cat -u nbd-rootserver", ("which was passed to it",)),
            # Without it: systemd keeps the sockets of the service itself.
            Run("systemctl stop nbd-rootserver.socket nbd-rootserver; systemctl start nbd-rootserver"),
            *_while_somebody_knocks(RESTART, RESTART, UPGRADE, CRASH, RESTART),
            Run(CLIENT, ("C   O   O   K   I   E   7   8",)),
            # A stop is one: nobody listens.
            Run("systemctl stop nbd-rootserver; bash -c '>/dev/tcp/127.0.0.1/10809' || echo refused", ("refused",)),
            Run("journalctl --no-pager -o cat -u nbd-rootserver", ("takes over",),
                ("nothing has changed", "goes on", "Operation not permitted")),
        ),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"), system_running, said_goodbye),
        limit_s=900,
        full=True,
    ),
)
