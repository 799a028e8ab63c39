"""What the program and each of its extras weigh, and whether the locks hold for another machine.

    python -m benchmarks.packages weights
    python -m benchmarks.packages wheels [--machine aarch64] [--python 3.13 …]
    python -m benchmarks.packages extras

`weights` builds the wheel, installs it alone and with each extra into an empty folder, and prints
what lies there then, before and after all of it is compiled, as a table in Markdown. `wheels` lets
pip find every pin of the lock files for that machine, wheels alone and by the hashes of the lock,
without installing anything; the exit code is 1 when one is missing. Both ask the package index that
pip is set up for. `extras` writes `requirements.extras`, by which `./run` leaves out what nobody
chose, from what is installed here: all of it must be.
"""

from __future__ import annotations

import argparse
import compileall
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-browser.lock")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# From newest to oldest: a wheel is for a C library of that age or a later one.
GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17")
OF_TESTS = ("all", "test")
MEGABYTE = 1_000_000


def pip(*words: str) -> subprocess.CompletedProcess[str]:
    vendored = next((ROOT / "vendor").glob("pip-*.whl"))
    return subprocess.run(
        [sys.executable, str(vendored / "pip"), *words, "--quiet", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=False,
    )


def built(folder: Path) -> Path:
    """The wheel of this checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def weight(wheel: Path, extra: str) -> tuple[float, float]:
    """The megabytes of the program with this extra: as it is installed, and all of it compiled."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{wheel}[{extra}]" if extra else str(wheel)
        done = pip("install", "--no-compile", "--only-binary", ":all:", "--target", folder, wanted)
        if done.returncode:
            sys.exit(done.stderr)
        installed = size_of(Path(folder))
        compileall.compile_dir(folder, quiet=2, workers=1)
        return installed, size_of(Path(folder))


def size_of(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.lstat().st_size for path in files) / MEGABYTE


def tell_weights() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    print("| extra | brings | MB | compiled |\n| --- | --- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        wheel = built(Path(folder))
        core = weight(wheel, "")
        print(f"| none | the program | {core[0]:.0f} | {core[1]:.0f} |", flush=True)
        for extra, packages in project["optional-dependencies"].items():
            if packages and extra not in OF_TESTS:
                more = [
                    one - of_core for one, of_core in zip(weight(wheel, extra), core, strict=True)
                ]
                brings = ", ".join(package.partition(">")[0] for package in packages)
                print(f"| `{extra}` | {brings} | + {more[0]:.1f} | + {more[1]:.1f} |", flush=True)


def closure(names: list[str]) -> set[str]:
    """These packages and all that they need here, extras of theirs included."""
    found: set[tuple[str, str]] = set()
    wanted = [(one.name, extra) for one in map(Requirement, names) for extra in {"", *one.extras}]
    while wanted:
        name, extra = wanted.pop()
        if (name := canonicalize_name(name), extra) in found:
            continue
        found.add((name, extra))
        for line in metadata.requires(name) or ():
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                wanted += [(one.name, more) for more in {"", *one.extras}]
    return {name for name, _ in found}


def needed_by_extras() -> dict[str, list[str]]:
    """The packages that the program does without, and the extras that need each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = closure(project["dependencies"])
    needed: dict[str, list[str]] = {}
    for extra, names in sorted(project["optional-dependencies"].items()):
        if extra not in (*OF_TESTS, "browser"):  # which has a lock of its own
            for package in closure(names) - core:
                needed.setdefault(package, []).append(extra)
    return needed


def write_extras() -> None:
    lines = (f"{name} {' '.join(extras)}\n" for name, extras in sorted(needed_by_extras().items()))
    (ROOT / "requirements.extras").write_text("".join(lines))


def meant_for(machine: str, python: str, lock: str) -> str:
    """The pins of a lock that are for that machine; pip would judge them by the one it runs on."""
    there = {"python_version": python, "python_full_version": f"{python}.0",
             "platform_machine": machine}  # fmt: skip
    pins = []
    for pin in re.split(r"^(?=\S)", lock, flags=re.MULTILINE):
        named, marker, rest = pin.partition(" ; ")
        condition, _, hashes = rest.partition(" \\")
        if not marker:
            pins.append(pin)
        elif Marker(condition).evaluate(there):
            pins.append(f"{named} \\{hashes}")
    return "".join(pins)


def lacking(lock: str, machine: str, python: str) -> str:
    """What pip says when a pin of this lock has no wheel for that machine; else nothing."""
    platforms = [f"--platform=manylinux_{age}_{machine}" for age in GLIBC]
    with tempfile.TemporaryDirectory() as folder:
        meant = Path(folder, "lock")
        meant.write_text(meant_for(machine, python, (ROOT / lock).read_text()))
        done = pip(
            *("install", "--dry-run", "--target", folder, "--no-deps", "--only-binary", ":all:"),
            *("--require-hashes", "--python-version", python, "--implementation", "cp"),
            *(*platforms, f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}"),
            *("--requirement", str(meant)),
        )
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return "; ".join(errors) or done.stderr[-300:] if done.returncode else ""


def tell_wheels(machine: str, pythons: list[str]) -> bool:
    print(f"| lock | Python | on {machine} |\n| --- | --- | --- |")
    is_whole = True
    for lock in LOCKS:
        for python in pythons:
            lack = lacking(lock, machine, python)
            print(f"| `{lock}` | {python} | {lack or 'all there'} |", flush=True)
            is_whole = is_whole and not lack
    return is_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["weights", "wheels", "extras"])
    parser.add_argument("--machine", default="aarch64")
    parser.add_argument("--python", nargs="+", default=list(PYTHONS))
    given = parser.parse_args()
    if given.what == "weights":
        tell_weights()
    elif given.what == "extras":
        write_extras()
    elif not tell_wheels(given.machine, given.python):
        sys.exit(1)


if __name__ == "__main__":
    main()
