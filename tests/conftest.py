"""What several test files share."""

import importlib.util
from types import ModuleType

import pytest

from course.places import ROOT


@pytest.fixture
def start() -> ModuleType:
    """start.py as a module, fresh for each test."""
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
