"""The whole course in one program: it ends well, with files that answer; and it notices when one does not."""

import re
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from course import cli
from helpers.deployment import pipeline
from helpers.quantization.files import load_network


def test_the_command_goes_the_whole_way_within_a_minute(tmp_path):
    begin = time.monotonic()
    done = CliRunner().invoke(cli.app, ["pipeline", "--folder", str(tmp_path / "new")])
    assert time.monotonic() - begin < 60
    assert done.exit_code == 0, done.output
    steps = [line.split("  ")[0] for line in done.output.splitlines()[:9]]
    assert steps == [
        "split",
        "features",
        "baselines",
        "tuning",
        "training",
        "bits",
        "test, once",
        "files",
        "export",
    ]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "digits.int8.npz",
        "digits.int8.onnx",
        "digits.onnx",
        "digits.safetensors",
    ]
    said = dict(re.findall(r"(?m)^(linear|training|bits|test, once).*?(0\.\d\d)", done.output))
    assert float(said["test, once"]) > 0.93
    assert float(said["bits"]) > float(said["training"]) - 0.02


def test_what_it_delivers_is_better_than_its_baseline_on_rows_that_it_never_saw(tmp_path):
    list(pipeline.run(tmp_path, seed=25))
    test = pipeline.split(25)[2]
    assert test.accuracy(load_network(tmp_path / "digits.int8.npz")) > 0.93


def test_the_parts_share_no_row_and_the_seed_decides():
    sizes = [len(part.y) for part in pipeline.split(0)]
    assert sizes == [1079, 359, 359]
    first, again, other = (pipeline.split(seed)[2].X for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("load_model", lambda path, model, fingerprint: None, "does not answer"),
        ("in_onnxruntime", lambda path, X: np.eye(10)[np.zeros(len(X), int)], "same digit"),
    ],
)
def test_a_file_that_answers_otherwise_stops_it(monkeypatch, tmp_path, name, wrong, said):
    monkeypatch.setattr(pipeline, name, wrong)
    with pytest.raises(ValueError, match=said):
        list(pipeline.run(tmp_path))
