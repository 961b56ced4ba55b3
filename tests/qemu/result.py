"""Results of cases, kept by a hash of all that went into them: a long run goes on where it was
interrupted."""

import hashlib
import json
import time
from pathlib import Path

import image

HERE = Path(__file__).resolve().parent
PASSED, FAILED, NOT_RUN = "ok", "FAIL", "NOT RUN"


def inputs(case, programs):
    """Hash of what a case boots, serves and is judged by. Image templates count by their recipe:
    the stamp beside them."""
    kernel, initramfs = image.boot_files(case.initramfs, case.kernel)
    files = [kernel, initramfs, image.root(case.root).with_suffix(".img.stamp"),
             programs / "nbd-rootserver", programs / "nbdrootctl", programs / "root-load", *sorted(HERE.glob("*.py"))]
    digest = hashlib.sha256(case.name.encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


class Results:
    """A folder with a file for each case."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _file(self, case):
        return self._folder / f"{case.name}.json"

    def passed(self, case, key):
        """The result with which the case passed, if it did with these inputs."""
        try:
            result = json.loads(self._file(case).read_text())
        except (OSError, ValueError):
            return None
        return result if (result["inputs"], result["verdict"]) == (key, PASSED) else None

    def keep(self, case, key, verdict, reason, seconds, figures):
        """Returns the result as kept."""
        result = {"case": case.name, "mode": getattr(case, "mode", None), "kernel": case.kernel,
                  "verdict": verdict, "reason": reason, "seconds": round(seconds, 1),
                  "when": time.strftime("%Y-%m-%d %H:%M:%S"), "inputs": key, **figures}
        fresh = self._file(case).with_suffix(".new")
        fresh.write_text(json.dumps(result, indent=1))
        fresh.rename(self._file(case))
        return result


def table(results):
    """For people: a line for each drill."""
    rows = [("verdict", "case", "mode", "kernel", "longest stall", "limit", "errors")]
    for result in results:
        if result["mode"]:
            rows.append((result["verdict"], result["case"], result["mode"], result["kernel"],
                         _ms(result.get("longest_ms")), _ms(result.get("limit_ms")),
                         _plain(result.get("errors"))))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows) if len(rows) > 1 else ""


def _ms(value):
    return "-" if value is None else f"{value / 1000:.1f} s"


def _plain(value):
    return "-" if value is None else str(value)
