"""What faults in a network lab can expect besides; each function returns a check of a Finding."""

import json

import image
from failure import expect


def connections(server, count):
    """So many have used the server's export, as it says itself."""

    def check(finding):
        log = finding.image.with_name(f"server-{server}.log").read_text(errors="replace")
        found = log.count(": uses export ")
        expect(found == count, f"{found} connections used server '{server}', not {count}")

    return check


def _saboteur(finding):
    log = finding.image.with_name("saboteur.log").read_text()
    return [json.loads(line) for line in log.splitlines()]


def said_by_saboteur(count):
    """So many sabotages came true: each cost one connection at most, and none was without effect."""

    def check(finding):
        events = _saboteur(finding)
        done = [event for event in events if event["event"] == "sabotage"]
        accepted = [event for event in events if event["event"] == "accepted"]
        expect(len(done) == count, f"{len(done)} of {count} sabotages came true")
        expect(len(accepted) <= count + 1,
               f"the guest made {len(accepted)} connections for {count} sabotages")

    return check


def told(*wordings):
    """The log says it in one of these wordings: the agent, or the driver that has its socket."""

    def check(finding):
        lines = finding.report["agent"] + finding.report["driver"]
        expect(any(wording in line for line in lines for wording in wordings),
               f"neither the agent nor the driver said {' or '.join(map(repr, wordings))};"
               f" they said {lines[-8:]}")

    return check


def content_is(path, content):
    def check(finding):
        found = image.read_file(finding.image, path)
        expect(found == content, f"{path} holds {found[:16]!r}..., not {content[:16]!r}...")

    return check
