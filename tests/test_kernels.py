"""What kernels say in the terminal: not that they speak TCP, wherever the course starts them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from course import bench_explore, build, doctor
from course.sources import Source

WARNING = "over TCP without encryption"


def test_a_kernel_warns_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    """Else the tests below would prove nothing."""
    manager, client = start_new_kernel(kernel_name="python3")
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    assert WARNING in capfd.readouterr().err


@pytest.mark.parametrize("start", [bench_explore.kernel, doctor.Kernel], ids=["bench", "doctor"])
def test_the_kernels_of_bench_and_doctor_do_not(
    start: Callable[[], AbstractContextManager[object]], capfd: pytest.CaptureFixture[str]
) -> None:
    with start():
        pass
    assert capfd.readouterr().err == ""


def test_those_of_a_build_do_not(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    build.run(Source("lesson", "90_small", tmp_path), notebook)
    assert capfd.readouterr().err == ""
