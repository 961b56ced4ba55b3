"""The network between a guest and its servers.

A Case names one: something that is called with the case's folder and gives a context manager with
what Slirp has below.
"""


class Slirp:
    """QEMU's user network: needs no privileges. QEMU ends TCP itself, so that a guest never sees
    the server's resets or half-open connections."""

    host = "10.0.2.2"  # the servers' machine, as the guest calls it: {host} in a case's arguments
    listen = "127.0.0.1"  # where servers listen

    def __init__(self, folder, mac="52:54:00:12:34:56"):
        self._mac = mac

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def nic(self):
        """QEMU's arguments for the guest's network card, whose id is nic0."""
        return ["-netdev", "user,id=net0",
                "-device", f"virtio-net-pci,netdev=net0,id=nic0,romfile=,mac={self._mac}"]

    @staticmethod
    def for_server(command):
        """The command that runs a server's command where `listen` is an address."""
        return command

    @staticmethod
    def for_guest(command):
        """The command that runs QEMU's command where nic()'s arguments mean something."""
        return command
