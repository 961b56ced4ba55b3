"""Machines that do not come up, and somebody in front of them."""

from case import Case
from checks import agent_says, root_is
from dialogue import ON_SECOND, QUIETLY, dialogue

PROMPT = "lists the commands"

CASES = (
    Case(
        name="rescue-prompt",
        arguments="nbdroot={host}:1 nbdroot.boot-timeout=2 nbdroot.fail=shell rw test=report"
                  + QUIETLY,
        console=ON_SECOND,
        during=dialogue((PROMPT, "bootme"),
                        ("'bootme' is no command", "state"),
                        ("error    connect 10.0.2.2:1: ", "log"),
                        ("boot failed: connect 10.0.2.2:1: ", "nbdroot={host}:{port}"),
                        ("written to /run/nbdroot/cmdline; trying again", None)),
        checks=(root_is("/dev/nbd0", "rw"), agent_says("switched-root")),
    ),
)
