"""Overlays that cannot be mounted at first."""

from case import Case
from checks import agent_says, image_unchanged, overlay_visible, root_is
from dialogue import ON_SECOND, QUIETLY, dialogue
from rescue_cases import GOES_ON, PROMPT, SHELL, mend, without_superblock

CASES = (
    Case(
        name="overlay-image-is-mended",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs rootfstype=ext4 nbdroot.fail=shell"
                  " test=write:overlay" + QUIETLY,
        console=ON_SECOND,
        during=without_superblock(("boot failed: mount /dev/nbd0 as ext4: ", None),
                                  (PROMPT, mend),
                                  (GOES_ON, None)),
        checks=(root_is("overlay", "rw"), overlay_visible, agent_says("switched-root"),
                image_unchanged),
        full=True,
    ),
    Case(
        # What was mounted below it is gone after the failure, and the device may be written again.
        name="overlay-in-the-way",
        arguments="nbdroot={host}:{port} nbdroot.overlay=tmpfs nbdroot.break=mount"
                  " nbdroot.fail=shell test=write:overlay" + QUIETLY,
        initramfs="rescue",
        console=ON_SECOND,
        during=dialogue(("boot: stopped before mount", None),
                        (SHELL, "touch /run/nbdroot/upper; exit"),
                        ("boot failed: ", None),
                        (SHELL, "echo lowers=$(grep -c nbdroot/lower /proc/mounts)"),
                        ("lowers=0", "rm /run/nbdroot/upper; exit"),
                        ("below an overlay in memory", None)),
        checks=(root_is("overlay", "rw"), overlay_visible, agent_says("switched-root"),
                image_unchanged),
        full=True,
    ),
)
