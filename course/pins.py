"""The pinned versions: how requirements.txt is made from pyproject.toml, and how it is read.

requirements-model.txt, the model of lesson 20, is a pin written by hand, installed without what it asks for.

`python -m course.pins` compiles it again (`--upgrade` also moves every pin to the newest version that fits).
One set of pins serves Linux, macOS and Windows, and every Python that the course allows.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from course.errors import CourseError
from course.places import ROOT

FILES = ("requirements.txt", "requirements-model.txt")
HEADER = """\
# Every version that the course runs with. Made from pyproject.toml by
#     pip install uv && python -m course.pins
# Never edit it by hand: change pyproject.toml and make it again.
# torch is pinned without the CUDA libraries of its Linux build: the course runs on the CPU.
"""


def dependencies(root: Path = ROOT) -> list[Requirement]:
    """Return what pyproject.toml asks for: the dependencies and the extra `test`.

    root: the folder with pyproject.toml.

    >>> "torch" in [requirement.name for requirement in dependencies()]
    True
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    return [Requirement(line) for line in lines]


def read_pins(text: str, file: str = FILES[0]) -> list[Requirement]:
    """Return the pins in the text of a requirements file.

    text: lines such as `numpy==2.4.6  # via scipy`; comments and empty lines are skipped.
    file: its name, for what is said.
    Raises CourseError when a line is not a pin of exactly one version.

    >>> [str(pin) for pin in read_pins("six==1.17.0  # via arrow")]
    ['six==1.17.0']
    """
    pins = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        if not content:
            continue
        try:
            pin = Requirement(content)
        except ValueError:
            pin = None
        exact = pin is not None and [s.operator for s in pin.specifier] == ["=="] and "*" not in content
        if pin is None or not exact or pin.url:
            raise CourseError(
                f"{file}, line {number}: {content!r} is not a pin such as 'six==1.17.0'; "
                "run `python -m course.pins` to make requirements.txt again."
            )
        pins.append(pin)
    return pins


def pinned_here(root: Path = ROOT) -> dict[str, str]:
    """Return {package: version} of the pins that hold on this machine, by normalised name.

    root: the folder with requirements.txt and requirements-model.txt.

    >>> pinned_here()["torch"]
    '2.13.0'
    """
    pins = [pin for file in FILES for pin in read_pins((root / file).read_text("utf-8"), file)]
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def differences(root: Path = ROOT) -> list[str]:
    """Return one line for each package here whose version is not the pinned one; none when all agree.

    A build's own label (`2.13.0+cpu`) does not count: it is the same release.

    root: the folder with the files of pins.

    >>> isinstance(differences(), list)
    True
    """
    found = []
    for name, version in pinned_here(root).items():
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            found.append(f"{name} is missing, {version} is pinned")
            continue
        if Version(here).public != Version(version).public:
            found.append(f"{name} is {here}, {version} is pinned")
    return found


def _uv() -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    if program is None:
        raise CourseError("uv, which compiles the pins, is not installed: run `pip install uv` first.")
    return [program]


def compile_pins(root: Path = ROOT, upgrade: bool = False) -> str:
    """Return the text of requirements.txt, compiled from pyproject.toml.

    root: the folder with pyproject.toml and the present requirements.txt, whose pins are kept where they fit.
    upgrade: move every pin to the newest version that fits instead.
    Raises CourseError when uv is missing or finds no set of versions.
    """
    lowest = "3.11"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "requirements.txt"
        if (root / "requirements.txt").exists():
            shutil.copy(root / "requirements.txt", out)
        command = [*_uv(), "pip", "compile", "pyproject.toml", "--universal", "--python-version", lowest]
        # fewest: one version of NumPy for every Python, so that lessons print the same numbers on all.
        command += [
            "--fork-strategy",
            "fewest",
            "--extra",
            "test",
            "--no-header",
            "--annotation-style",
            "line",
        ]
        command += ["--quiet", "--output-file", str(out), *(["--upgrade"] if upgrade else [])]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CourseError(f"uv found no set of versions for pyproject.toml:\n{done.stderr.strip()}")
        pins = out.read_text(encoding="utf-8")
    return HEADER + "\n" + pins.replace("splits-to-bits (pyproject.toml)", "pyproject.toml")


def main(arguments: list[str] | None = None) -> int:
    """Write requirements.txt; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m course.pins", description=__doc__)
    parser.add_argument(
        "--upgrade", action="store_true", help="move every pin to the newest version that fits"
    )
    options = parser.parse_args(arguments)
    try:
        text = compile_pins(upgrade=options.upgrade)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    (ROOT / "requirements.txt").write_text(text, encoding="utf-8", newline="\n")
    print(f"requirements.txt: {len(read_pins(text))} packages pinned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
