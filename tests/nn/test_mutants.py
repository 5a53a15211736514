"""The tests of the engine are tested: each of many small breakages must make one of them fail."""

import os
import subprocess
import sys

import pytest

from tests.nn.mutants import MUTANTS, ROOT, source_of


def test_there_are_enough_and_each_changes_exactly_one_place():
    assert len(MUTANTS) >= 110
    assert len({mutant.what for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        compile(source_of(mutant), mutant.module, "exec")


@pytest.mark.mutants
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the mutants run in forked processes: not on Windows")
def test_every_mutant_is_caught():
    command = [sys.executable, "-m", "tests.nn.mutants"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    alive = [line for line in done.stdout.splitlines() if " caught " not in line]
    assert done.returncode == 0, "\n".join([*alive, done.stderr])
    assert f"{len(MUTANTS)} of {len(MUTANTS)} mutants caught" in done.stdout
