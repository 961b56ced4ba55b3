"""Where commands of the server wait for the test."""
import os

# For the shell: a line of the FIFO, and no time, lets one command through.
WAIT = "read -r line <gate"


class Gate:
    """A FIFO "gate" in the working directory, closed at first."""

    def __init__(self):
        os.mkfifo("gate")
        self._fifo = os.open("gate", os.O_RDWR)  # so that neither side waits for the other to open it

    def let_through(self, count=1):
        os.write(self._fifo, b"\n" * count)
