"""The lines that a child writes, collected as they come."""

import re
import threading

from failure import expect

LIMIT_S = 30


class Lines:
    """Of a text stream, with a copy in a log if there is one; wait_for() one that matches."""

    def __init__(self, stream, log=None):
        self.text = ""
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._collect, args=(stream, log), daemon=True).start()

    def _collect(self, stream, log):
        for line in stream:
            if log:
                log.write(line)
                log.flush()
            with self._changed:
                self.text += line
                self._changed.notify_all()
        if log:
            log.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, pattern, limit_seconds=LIMIT_S):
        def is_there():
            return re.search(pattern, self.text, re.MULTILINE) or self._ended
        with self._changed:
            self._changed.wait_for(is_there, limit_seconds)
        expect(re.search(pattern, self.text, re.MULTILINE), f"no line matches {pattern!r}")

    def wait_for_end(self):
        with self._changed:
            self._changed.wait_for(lambda: self._ended, LIMIT_S)
