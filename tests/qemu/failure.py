"""The one exception of the harness: a case did not do what it should, and why."""


class Failure(Exception):
    pass


def expect(condition, reason):
    if not condition:
        raise Failure(reason)
