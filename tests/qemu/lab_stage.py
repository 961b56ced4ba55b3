"""What a fault in a network lab acts on: the stage of every fault, and the lab."""

from failure import expect
from netlab import GUEST_PORT
from saboteur import Saboteur
from stage import Stage

POLL_S = 0.1
ACKNOWLEDGEMENT = 64  # bytes, with time stamps and a SACK


class LabStage(Stage):
    """A `where` is "guest" or a server's name: the switch's port that leads there."""

    def _network_of(self, served):
        return self._network.server_host(served.host) if served.host else self._network

    def _host(self, name):
        return self._network.server_host(self._served[name].host or self._network.host)

    def _port(self, where):
        return where if where == GUEST_PORT else self._host(where).port

    def _once(self, condition):
        """Waits until it holds."""
        done = object()

        def poll():
            if condition():
                self.guest.announce({"event": "polled", "by": done})
            else:
                self.guest.after(POLL_S, poll)

        self.guest.after(0, poll)
        return lambda event: event.get("by") is done

    # ---- actions ---------------------------------------------------------------------------------

    def drop(self, where=GUEST_PORT, match=""):
        """The switch swallows what comes from there and what goes there; the carrier stays."""
        self._network.drop(self._port(where), match)
        self._goes_down()

    def drop_from(self, where=GUEST_PORT, match=""):
        self._network.drop(self._port(where), match, leaves=False)
        self._goes_down()

    def drop_to(self, where=GUEST_PORT, match=""):
        self._network.drop(self._port(where), match, enters=False)
        self._goes_down()

    def heal(self):
        self._network.heal()
        self._is_up()

    def refuse(self, name="first"):
        """Each packet to that server is answered with a reset; the server never knows."""
        self._host(name).reset_connections(self._ports[name].number)
        self._goes_down()

    def accept(self, name="first"):
        self._host(name).accept_connections()
        self._is_up()

    def power_cycle(self, name="first"):
        """The server's machine loses power and comes back without a server."""
        self._host(name).power_cycle(self._servers[name])
        self._goes_down()

    def drop_new(self, where=GUEST_PORT):
        """No connection can be made; what is there goes on, and is no outage."""
        self._network.drop(self._port(where), "tcp flags syn")

    def drop_connection(self, name="first"):
        """The one that the guest has with that server; it may make another."""
        clients = self._host(name).clients(self._ports[name].number)
        expect(len(clients) == 1, f"server '{name}' has the clients {clients}, not just one")
        self._old = clients[0][1]
        self._network.drop(match=f"tcp sport {self._old}", leaves=False)
        self._network.drop(match=f"tcp dport {self._old}", enters=False)

    def release_connection(self):
        """What the guest still sends by that connection arrives; waits for the first of it. Of what
        goes back only bare acknowledgements pass: by an answer the guest's kernel would see that
        the connection is nobody's, and reset it."""
        self._network.heal()
        self._network.drop(match=f"ip length > {ACKNOWLEDGEMENT} tcp dport {self._old}",
                           enters=False)
        self._network.count(f"tcp sport {self._old}")
        return self._once(lambda: self._network.counted() > 0)

    def asked(self, message):
        """Waits for a message of the guest's DHCP client."""
        return self._once(lambda: f"{message}(" in self._network.dhcp_log.text)


class SabotageStage(LabStage):
    """With a saboteur before the first server."""

    def add(self, served, disk, read_only):
        super().add(served, disk, read_only)
        if served.name == "first":
            self._saboteur = self.enter_context(
                Saboteur(self._host(served.name), self._ports[served.name].number,
                         self._folder / "saboteur.log"))
            self.redirect(served.name, self._saboteur.port)

    def stop_servers(self):
        self._saboteur.expect_alive()
        super().stop_servers()

    # ---- actions ---------------------------------------------------------------------------------

    def plan(self, *sabotages):
        self._saboteur.plan(*sabotages)

    def now(self, sabotage):
        """Returns once it has come true."""
        before = len(self._saboteur.events("sabotage"))
        self._saboteur.now(sabotage)
        return self._once(lambda: len(self._saboteur.events("sabotage")) > before)

    def read_on(self):
        self._saboteur.read_on()
