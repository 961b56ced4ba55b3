"""Somebody in front of a guest whose console is its second serial port (ON_SECOND).

What the guest says there is searched, because the console is what these cases are about; what the
system reports at its end comes the same way. With QUIETLY the kernel does not talk in between.
"""

from failure import expect

ON_SECOND = "ttyS1"
QUIETLY = " loglevel=1"


def dialogue(*steps):
    """Each step is a pair: once a line with this fragment has come, this is typed (a text, {host}
    and {port} in it are the server's), or done (a function of the Scene)."""

    def during(scene):
        left = list(steps)
        log = open(scene.disk.parent / "dialogue.log", "w", encoding="utf-8")

        def on_line(line):
            print(line, file=log, flush=True)
            if not left or left[0][0] not in line:
                return
            answer = left.pop(0)[1]
            if callable(answer):
                answer(scene)
            elif answer is not None:
                text = answer.format(host=scene.host, port=scene.port)
                print(">>> " + text, file=log, flush=True)
                scene.guest.tell(text)

        def conclude():
            log.close()
            expect(not left, f"nothing with {left[0][0]!r} came (see {log.name})" if left else "")

        scene.guest.on_line(on_line)
        return conclude

    return during
