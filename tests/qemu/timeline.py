"""Carries out a fault's steps while the guest runs."""

from failure import Failure


class Timeline:
    """Give it to the guest before run(); finished() afterwards."""

    def __init__(self, steps, stage, guest):
        self._steps = list(steps)
        self._stage = stage
        self._guest = guest
        self._awaited = None  # what the present step waits for: a function of an event
        self._present = "the start"
        stage.guest = guest
        guest.on_event(self.on_event)
        guest.after(0, self._next)

    def on_event(self, event):
        if event["event"] == "error":
            raise Failure(f"the guest says: {event.get('error')}")
        if self._awaited and self._awaited(event):
            self._awaited = None
            self._next()

    def _next(self):
        if self._steps:
            step = self._steps.pop(0)
            self._guest.after(step.after_s, lambda: self._carry_out(step))
        else:
            self._present = None

    def _carry_out(self, step):
        self._present = " ".join([step.action, *map(str, step.words)])
        self._awaited = getattr(self._stage, step.action)(*step.words)
        if self._awaited is None:
            self._next()

    def where(self):
        """What the timeline is at, for people; None when all is done."""
        return self._present
