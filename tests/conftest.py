"""What several test files share."""

import importlib.util
from types import ModuleType

import pytest
from hypothesis import settings

from course.places import ROOT
from helpers.nn.fast import Steps
from helpers.training import loop
from tests.thorough import THOROUGH

# The same examples on every machine, and no limit of time for one: what fails here fails everywhere, and a
# busy machine fails nothing. `course test --thorough` draws new ones.
settings.register_profile("course", deadline=None, derandomize=not THOROUGH, database=None)
settings.load_profile("course")


@pytest.fixture
def start() -> ModuleType:
    """start.py as a module, fresh for each test."""
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["plain", "fast"])
def edition(request, monkeypatch):
    """Both editions of the engine in turn: `fit` by the plain classes only, and with plans."""
    if request.param == "plain":
        monkeypatch.setattr(loop, "Steps", lambda *parts, **_: Steps(*parts, fast=False))
    return request.param
