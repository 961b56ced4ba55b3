"""Each kind of ending, with the server there, gone, and gone for a while."""

from dataclasses import replace

from case import Case
from checks import initramfs_is_freed
from ending import ENDED, Ending

SERVERS = ("there", "gone", "back")

PRODUCT = tuple(Ending(init, verb, server) for init in ("custom", "systemd") for verb in ENDED
                for server in SERVERS)

OTHER_MODES = (
    Ending("custom", "poweroff", "there", "relay"), Ending("custom", "poweroff", "there", "ioctl"),
    Ending("custom", "reboot", "gone", "relay"), Ending("custom", "reboot", "back", "ioctl"),
    Ending("systemd", "poweroff", "there", "relay"), Ending("systemd", "poweroff", "there", "ioctl"),
    Ending("systemd", "poweroff", "back", "relay"), Ending("systemd", "halt", "gone", "ioctl"),
)

OTHER_KERNELS = tuple(Ending("custom", "poweroff", server, mode, kernel)
                      for server in ("there", "gone") for mode, kernel in (
                          ("netlink", "5.10"), ("relay", "7.3"), ("netlink", "7.3")))

SMALL_INITS = tuple(Ending(init, verb) for init in ("busybox", "sysvinit")
                    for verb in ("poweroff", "reboot", "halt"))

# With none that watches, the exit program does; with a new one, that knows what the old one heard.
WITHOUT_RESIDENT = (
    Ending("custom", "poweroff", "there", resident="dead"),
    Ending("custom", "reboot", "gone", resident="dead"),
    Ending("custom", "reboot", "gone", resident="session-dead"),
    Ending("custom", "poweroff", "gone", "relay", resident="session-dead"),
)

FAST = {"ending-custom-poweroff-there-netlink-6.1"}

FREED = Case(
    name="initramfs-freed",
    arguments="nbdroot={host}:{port} ro test=memory",
    initramfs="padded",
    read_only=True,
    checks=(initramfs_is_freed,),
    full=True,
)

CASES = (FREED,) + tuple(replace(one, full=one.name not in FAST)
              for one in PRODUCT + SMALL_INITS + OTHER_MODES + OTHER_KERNELS
                        + WITHOUT_RESIDENT)
