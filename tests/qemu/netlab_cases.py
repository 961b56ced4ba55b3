"""The cases in a network lab: faults that QEMU's user network cannot have."""

from case import Case
from checks import agent_says, file_in_image, root_is
from netlab import Netlab

CASES = (
    Case(
        name="tap-read-write",
        arguments="nbdroot={host}:{port} rw test=write:tap",
        network=Netlab,
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root"),
                file_in_image("/written", "tap\n")),
    ),
)
