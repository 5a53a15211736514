"""Break the engine on purpose, one line at a time, and see whether the tests notice.

    python -m tests.nn.mutants            all of them
    python -m tests.nn.mutants Adam tanh  those whose description has one of these words

The breakages are in mutants.toml. Each is made in memory, in a child process that then runs the tests of that
part until one fails. A mutant that survives is a hole in the tests. Exit code 1 if one does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.abc
import importlib.util
import io
import os
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """In `module` (of helpers), `old` becomes `new`; `old` occurs once. `tests` should notice."""

    what: str
    module: str
    old: str
    new: str
    tests: str


with open(Path(__file__).with_suffix(".toml"), "rb") as file:
    MUTANTS = [Mutant(**entry) for entry in tomllib.load(file)["mutant"]]


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from another text."""

    def __init__(self, name: str, source: str):
        self.name, self.source = name, source

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        folder = ROOT.joinpath(*name.split("."))
        spec = importlib.util.spec_from_loader(name, self, is_package=folder.is_dir())
        if folder.is_dir():
            spec.submodule_search_locations = [str(folder)]
        return spec

    def exec_module(self, module):
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


def source_of(mutant: Mutant) -> str:
    """The module's text with the change. Raises ValueError if the line is not there exactly once."""
    path = ROOT / "helpers" / mutant.module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.what}: {mutant.old!r} is {text.count(mutant.old)} times in {path.name}")
    return text.replace(mutant.old, mutant.new)


def notices(mutant: Mutant) -> int:
    """In this process: change the engine and run the tests. Returns pytest's exit code (1: a test failed)."""
    import pytest

    sys.meta_path.insert(0, Changed("helpers." + mutant.module, source_of(mutant)))
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    settings = "error\nignore::pytest.PytestAssertRewriteWarning"  # hypothesis is here already, on purpose
    options += ["-o", f"filterwarnings={settings}", "-o", "addopts="]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main([*options, mutant.tests]))


def prepare() -> None:
    """Import once what every child needs (but nothing of helpers), so that a child starts at once."""
    import matplotlib.figure
    import pytest
    import scipy.optimize
    import scipy.special
    import torch
    from hypothesis import given

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    torch.set_num_threads(1)
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1).step()  # its first step imports a lot
    del matplotlib, pytest, scipy, given
    gc.collect()
    gc.freeze()  # pytest collects garbage; all this is none


def survivors(mutants: list[Mutant]) -> list[str]:
    """Try each mutant in a child process, one for each core at a time; return those that no test noticed."""
    prepare()
    waiting, running, alive = list(reversed(mutants)), {}, []
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            mutant = waiting.pop()
            source_of(mutant)
            running[child_for(mutant)] = mutant, time.perf_counter()
        child, status = os.wait()
        mutant, start = running.pop(child)
        code = os.waitstatus_to_exitcode(status)
        verdict = {1: "caught", 0: "SURVIVED"}.get(code, f"does not run ({code})")
        if code != 1:
            alive.append(mutant.what)
        print(f"{time.perf_counter() - start:5.1f} s  {verdict:10} {mutant.what}", flush=True)
    return alive


def child_for(mutant: Mutant) -> int:
    """Start a process that tries the mutant, and return its number."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = notices(mutant)
        finally:
            os._exit(code)
    return child


if __name__ == "__main__":
    os.chdir(ROOT)
    words = [word.lower() for word in sys.argv[1:]]
    chosen = [m for m in MUTANTS if not words or any(word in m.what.lower() for word in words)]
    alive = survivors(chosen)
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants caught")
    sys.exit(bool(alive))
