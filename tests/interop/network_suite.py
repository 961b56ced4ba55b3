"""What the tests in a network lab share: their cases, a namespace of their own, and the probe."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import process
from failure import Failure
from guest import default_signals
from network_lab import Lab

TOP = Path(__file__).resolve().parents[2]
INSIDE = "NBDROOT_LAB_INSIDE"
CASES = []


def case(function):
    CASES.append(function)
    return function


def run_one(function, program, after_each):
    name = function.__name__.replace("_", "-")
    began = time.monotonic()
    lab = Lab(program)
    try:
        function(lab)
        reason = None
    except (Failure, KeyError, IndexError, subprocess.TimeoutExpired) as failure:
        reason = f"{type(failure).__name__}: {failure}"
    finally:
        lab.close()
        after_each()
    seconds = time.monotonic() - began
    print(f"ok    {name}  {seconds:.1f} s" if reason is None
          else f"FAIL  {name}  {seconds:.1f} s: {reason}", flush=True)
    if reason is not None:
        for probe in lab.probes:
            for line in (probe.output.text + probe.log.text).splitlines()[-10:]:
                print(f"    | {line}")
    return reason is None


def enter_namespaces(prepare=lambda: None):
    """Starts this test again in a network namespace of its own; without root in a user namespace,
    where we are root. PREPARE is called before."""
    if INSIDE in os.environ:
        return
    prepare()
    options = ["--net"] if os.geteuid() == 0 else ["--net", "--user", "--map-root-user"]
    os.environ[INSIDE] = "1"
    command = ["unshare", *options, "--", sys.executable, *sys.argv]
    try:
        os.execvp("unshare", command)
    except OSError as error:
        sys.exit(f"{Path(sys.argv[0]).name}: unshare: {error.strerror}")


def find_probe(name):
    """The probe of whichever build is newest; where there is none, of the dev preset."""
    built = list((TOP / "build").glob(f"*/bin/{name}"))
    if not built:
        process.run("cmake", "--preset", "dev", "-S", TOP)
        process.run("cmake", "--build", TOP / "build/dev", "--target", name)
        return TOP / "build/dev/bin" / name
    return max(built, key=lambda path: path.stat().st_mtime)


def main(description, program="network_probe", prepare=lambda: None, after_each=lambda: None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--probe", type=Path, help="the program to test")
    parser.add_argument("--case", help="only this one")
    options = parser.parse_args()
    enter_namespaces(prepare)
    default_signals()
    path = (options.probe or find_probe(program)).absolute()
    process.run("ip", "link", "set", "lo", "up")
    chosen = [function for function in CASES
              if options.case in (None, function.__name__.replace("_", "-"))]
    passed = [run_one(function, path, after_each) for function in chosen]
    print(f"{passed.count(True)} passed, {passed.count(False)} failed")
    return 0 if passed and all(passed) else 1
