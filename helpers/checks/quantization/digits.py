"""Task 6: how few bits a network of digits can do with. The validation rows choose, the test rows tell."""

import functools
from collections.abc import Sequence

import numpy as np

from helpers import data
from helpers.checks.formula import formula_task
from helpers.checks.task import Case
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

Array = np.ndarray
Layers = Sequence[tuple[Array, Array]]
HELD_OUT = 900  # the pictures from here on train nothing
CLEAR = 1e-3  # by so much a logit leads the next in all widths: the order of a sum decides nothing


@functools.cache
def _trained(*sizes: int) -> list[tuple[Array, Array]]:
    X, y = data.load_digits()
    rng = np.random.default_rng(0)
    linear = [Linear(n_in, n_out, rng=rng) for n_in, n_out in zip(sizes, sizes[1:], strict=False)]
    model = Sequential(*[layer for one in linear for layer in (one, ReLU())][:-1])
    fit(
        model,
        CrossEntropyLoss(),
        Adam(model, lr=0.01),
        X[:HELD_OUT] / 16,
        y[:HELD_OUT],
        batch_size=50,
        num_epochs=12,
        rng=rng,
        progress=False,
    )
    return [(layer.W.copy(), layer.b.copy()) for layer in linear]


def _uneven(layers: Layers, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """The same network for every input: what goes into a hidden unit is larger, what comes out is smaller."""
    layers = [(W.copy(), b.copy()) for W, b in layers]
    for (W, b), (W_next, _) in zip(layers, layers[1:], strict=False):
        factor = 2.0 ** rng.integers(-2, 3, size=len(b))
        W *= factor
        b *= factor
        W_next /= factor[:, None]
    return layers


def _logits(layers: Layers, X: Array, bits: int = 0) -> Array:
    a = z = X
    for W, b in layers:
        scale = np.abs(W).max(axis=0) / (2 ** (bits - 1) - 1) if bits else 1
        z = a @ (np.round(W / scale) * scale if bits else W) + b
        a = np.maximum(z, 0)
    return z


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    X, y = data.load_digits()
    cases: list[Case] = []
    for sizes, wrong in [((64, 20, 10), 6), ((64, 10), 3), ((64, 20, 16, 10), 9), ((64, 20, 10), 0)]:
        layers = _uneven(_trained(*sizes), rng)
        rows = HELD_OUT + rng.permutation(len(y) - HELD_OUT)
        tops = [np.sort(_logits(layers, X[rows] / 16, bits))[:, -2:] for bits in (0, *range(2, 9))]
        rows = rows[np.min([top[:, 1] - top[:, 0] for top in tops], axis=0) > CLEAR]
        val, test = rows[:250], rows[250:550]
        # Half a picture beside the edge: no accuracy lies on it. With fewest lost, 8 bits must still do.
        loss = (max(wrong, _lost(layers, X[val] / 16, y[val])) + 0.5) / len(val)
        given = {"layers": layers, "X_val": X[val] / 16, "y_val": y[val]}
        cases.append({**given, "X_test": X[test] / 16, "y_test": y[test], "loss": loss})
    return cases


def _lost(layers: Layers, X: Array, y: Array) -> int:
    right = [int((_logits(layers, X, bits).argmax(axis=1) == y).sum()) for bits in (0, 8)]
    return right[0] - right[1]


def _right(
    layers: Layers, X_val: Array, y_val: Array, X_test: Array, y_test: Array, loss: float
) -> tuple[int, Array, float]:
    def accuracy(bits: int, X: Array, y: Array) -> float:
        a = X
        for W, b in layers:
            highest = 2 ** (bits - 1) - 1
            limit = np.abs(W).max(axis=0)
            scale = limit / highest
            W_hat = scale * np.round(W / scale)
            z = a @ W_hat + b
            a = np.maximum(z, 0)
        return float((z.argmax(axis=1) == y).mean())

    whole = accuracy(32, X_val, y_val)
    least = whole - loss
    choices = list(range(2, 9))
    accuracies = np.array([accuracy(bits, X_val, y_val) for bits in choices])
    best = choices[int(np.argmax(accuracies >= least))]
    return best, accuracies, accuracy(best, X_test, y_test)


fewest_bits = formula_task(
    "quantization/fewest_bits",
    "fewest_bits(layers, X_val, y_val, X_test, y_test, loss)",
    points=4,
    cases=_cases,
    right=_right,
    show=("layers", "loss"),
    parts={
        "bits": "The smallest of 2 to 8 whose accuracy on the validation rows is the given loss, or less, below "
        "that of the weights as they are.",
        "accuracies": "Seven shares of right digits among the validation rows, the first with 2 bits. Print one "
        "column of a matrix, and what comes back for it.",
        "test_accuracy": "The share of right digits among the test rows, with the bits that were chosen.",
    },
    slips="""
        limit = … → limit = np.abs(W).max()
            a matrix has one scale
            Here each unit, a column of W, has its own.
        limit = … → limit = np.abs(W).max(axis=1, keepdims=True)
            there is a scale for each row of W
            A unit's weights are a column of W: its scale belongs to them.
        z = a @ W_hat + b → z = a @ W_hat + np.round(b / scale) * scale
            the biases were rounded, too
            They are few: here they stay as they are.
        z = a @ W_hat + b → z = a @ W_hat
            the biases are missing
            They stay as they are.
        z = a @ W_hat + b → z = a @ np.round(W / scale) + b
            the network was given codes for weights
            A weight is code · scale: the biases count as much as before.
        a = np.maximum(z, 0) → a = z
            there is no ReLU
            It stands between each two layers.
        highest = … → highest = 2 ** (bits - 1)
            the codes run up to 2^(bits - 1)
            Narrow codes of 8 bits run from -127 to 127.
        W_hat = … → W_hat = scale * np.trunc(W / scale)
            the decimals of W / scale were cut off
            The nearest mark may be the next one.
        accuracy(bits, X_val, y_val) for → accuracy(bits, X_test, y_test) for
            the test rows have chosen
            They meet one network only: the one that was chosen without them.
        for bits in choices → for bits in choices[::-1]
        best = … → best = choices[::-1][int(np.flatnonzero(accuracies >= least)[-1])]
            the accuracies begin with 8 bits
            The first is that with 2 bits.
        accuracies: accuracies, → 1 - accuracies,
            accuracies holds the shares that are wrong
            Asked is the share of right digits.
        accuracies: accuracies, → accuracies * len(y_val),
            accuracies holds numbers of rows
            Asked are shares.
        accuracies: accuracies, → whole - accuracies,
            accuracies holds what is lost
            Asked is the share of right digits.
        best = … → best = choices[int(np.argmax(accuracies))]
            bits has the highest accuracy
            Asked are the fewest that lose no more than `loss`.
        best = … → best = choices[int(np.flatnonzero(accuracies >= least)[-1])]
            bits is 8
            Asked are the fewest that lose no more than `loss`.
        bits: best = … → best = int(np.argmax(accuracies >= least))
            bits is a place in the list
            Its first place is that of 2 bits.
        test_accuracy: accuracy(best, X_test, y_test) → accuracy(32, X_test, y_test)
            test_accuracy is that of the weights as they came
            The test rows tell about the network that was chosen.
        test_accuracy: accuracy(best, X_test, y_test) → accuracy(best, X_val, y_val)
            test_accuracy is that of the validation rows
            They have chosen: what they say of the choice is too good.
        test_accuracy: accuracy(best, X_test, y_test) → accuracy(8, X_test, y_test)
            test_accuracy is that of 8 bits
            The test rows tell about the network that was chosen.
    """,
    form="End with `return bits, accuracies, test_accuracy`: two numbers, and seven between them.",
    unchanged="`W *= …` and `layers[i] = …` change the network for all widths that come after.",
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, 64), a W is (in, out), its b is (out,).",
        "IndexError": "Is there a place for each of 2, 3, …, 8 bits?",
    },
)
