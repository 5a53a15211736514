"""The whole course in one program: from a split of the digits to a network of 8 bits in a file.

Each step is a function, in the order of the lessons; the test rows are used once. `course pipeline` runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from helpers import data
from helpers.deployment.files import load_model, save_model
from helpers.deployment.folding import with_scaler
from helpers.features import StandardScaler
from helpers.metrics import accuracy_interval
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn import to_onnx as floats_to_onnx
from helpers.quantization.files import load_network, save_network
from helpers.quantization.networks import quantize_static
from helpers.quantization.onnx import to_onnx as integers_to_onnx
from helpers.splits import three_way
from helpers.training import Setting, fit, sweep

__all__ = ["Rows", "network", "run"]

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
TRAINING: dict[str, Any] = {"batch_size": 64, "num_epochs": 20}


@dataclass(frozen=True)
class Rows:
    """The rows of one part and their labels."""

    X: np.ndarray
    y: np.ndarray

    def accuracy(self, model: Any) -> float:
        """The share that the model gets right."""
        return float(np.mean(model.forward(self.X).argmax(axis=1) == self.y))


def split(seed: int) -> tuple[Rows, Rows, Rows]:
    """Lesson 01: rows to learn from, to choose by, and to judge by, once."""
    digits = data.load_digits()
    parts = three_way(len(digits.y), 0.2, 0.2, np.random.default_rng(seed))
    train, validation, test = (Rows(digits.X[rows], digits.y[rows]) for rows in parts)
    return train, validation, test


def scaled(rows: Rows, scaler: StandardScaler) -> Rows:
    """Lesson 02: what was learnt from the training rows is applied to others."""
    return Rows(scaler.transform(rows.X), rows.y)


def network(seed: int, hidden: tuple[int, ...] = (64, 32)) -> Sequential:
    """Lessons 04 to 06: 64 pixels, hidden layers with relu, 10 classes."""
    rng, widths = np.random.default_rng(seed), (64, *hidden, 10)
    layers: list[Any] = []
    for n_in, n_out in pairwise(widths):
        layers += [Linear(n_in, n_out, rng=rng), ReLU()]
    return Sequential(*layers[:-1])


def trained(model: Sequential, rows: Rows, lr: float, seed: int) -> Sequential:
    """Lessons 05 to 09: loss, gradient, steps."""
    rng = np.random.default_rng(seed)
    fit(model, CrossEntropyLoss(), Adam(model, lr=lr), rows.X, rows.y, rng=rng, progress=False, **TRAINING)
    return model


def tuned(train: Rows, validation: Rows) -> Setting:
    """Lesson 10: the learning rate that is best on the validation rows, mean of three seeds."""
    rows = (train.X, train.y), (validation.X, validation.y)
    return sweep(network, *rows, lr=RATES, seeds=3, optimizer=Adam, **TRAINING).best()


def in_onnxruntime(path: Path, X: np.ndarray) -> np.ndarray:
    """What a maintained runtime answers from the file alone, by an exact kernel."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options)
    return session.run(None, {"X": X.astype(np.float32)})[0]


def run(folder: Path, seed: int = 20) -> Iterator[str]:
    """Go the whole way, write four files into `folder`, and yield one line for each step.

    seed: of the split and of the start of training; the settings were chosen on others, 0 to 5.
    Raises ValueError when a file does not answer as the network in memory does.
    """
    train, validation, test = split(seed)
    yield f"split       {len(train.y)} rows to learn, {len(validation.y)} to choose, {len(test.y)} to judge"
    # Not divided by each pixel's spread: pixels that hardly change would get huge weights, which cost two to
    # three points in 8 bits (lesson 21's companion).
    scaler = StandardScaler(with_std=False).fit(train.X)
    train_scaled, validation_scaled = scaled(train, scaler), scaled(validation, scaler)
    constant = np.sum(scaler.var_ == 0)
    yield f"features    64 pixels, less the means of the training rows; {constant} never change"
    most_frequent = np.bincount(train.y).argmax()
    line = trained(network(seed, hidden=()), train_scaled, 0.003, seed)
    guess, linear = np.mean(validation.y == most_frequent), validation_scaled.accuracy(line)
    yield f"baselines   most frequent digit {guess:.2f}, one linear layer {linear:.2f} on validation rows"
    best = tuned(train_scaled, validation_scaled)
    yield f"tuning      learning rate {best.lr:g} of {len(RATES)}, by the validation loss of three seeds"
    model = with_scaler(trained(network(seed), train_scaled, best.lr, seed), scaler)
    yield f"training    {model.size} weights, {validation.accuracy(model):.2f} on validation rows"
    integers = quantize_static(model, train.X[:200])
    yield f"bits        8 bits a weight, {validation.accuracy(integers):.2f} on validation rows"
    right = round(test.accuracy(integers) * len(test.y))
    low, high = accuracy_interval(right, len(test.y))
    yield f"test, once  {right / len(test.y):.2f} in 8 bits (95 % interval {low:.2f} to {high:.2f})"
    yield from delivered(folder, model, integers, validation.X)


def delivered(folder: Path, model: Sequential, integers: Sequential, X: np.ndarray) -> Iterator[str]:
    """Lessons 19 and 21: save both networks, load them, export them, and compare all answers on X."""
    paths = [folder / f"digits{end}" for end in (".safetensors", ".int8.npz", ".onnx", ".int8.onnx")]
    fingerprint = save_model(paths[0], model, "digits 1.0", input="64 pixels from 0 to 16")
    again = network(seed=1)
    load_model(paths[0], again, fingerprint)
    save_network(paths[1], integers)
    kept = {
        paths[0]: (model, again.eval().forward(X)),
        paths[1]: (integers, load_network(paths[1]).forward(X)),
    }
    for path, (known, answers) in kept.items():
        if not np.array_equal(known.forward(X), answers):
            raise ValueError(f"{path.name} does not answer as the network that was saved.")
    sizes = " and ".join(f"{path.stat().st_size / 1000:.0f} kB" for path in paths[:2])
    yield f"files       {sizes}, loaded again: the same answers to the bit"
    floats_to_onnx(model, paths[2], (1, 64))
    integers_to_onnx(integers, paths[3], (1, 64))
    same = []
    for path, known in zip(paths[2:], (model, integers), strict=True):
        theirs = in_onnxruntime(path, X).argmax(axis=1)
        same.append(np.mean(theirs == known.forward(X).argmax(axis=1)))
    if min(same) < 0.99:
        raise ValueError(f"onnxruntime gives the same digit on a share of {min(same):.3f} only.")
    yield "export      ONNX in 32 and in 8 bits: the same digit on at least 99 % of the validation rows"
