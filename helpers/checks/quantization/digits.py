"""Task 6: how few bits a network of digits can do with. The validation rows choose, the test rows tell."""

from collections.abc import Sequence

import numpy as np

from helpers import data
from helpers.checks.formula import formula_task
from helpers.checks.networks import HELD_OUT, Layers, logits, trained
from helpers.checks.task import Case

Array = np.ndarray
NUM_VAL = 250
TRIES = 1000  # draws of rows for a case; the hardest one needs about 16
CLEAR = 1e-3  # by so much a logit leads the next in all widths: the order of a sum decides nothing


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """All logits below 0 at first. In the third, a width above the target is worse, and 8 bits beat 32.

    The test rows are easier than the validation rows: who compares with them sets another mark.
    """
    X, y = data.load_digits()
    X, y = X[HELD_OUT:] / 16, y[HELD_OUT:]
    cases: list[Case] = []
    for sizes, target in [((64, 20, 10), 3), ((64, 10), 4), ((64, 20, 16, 10), 3), ((64, 20, 10), 4)]:
        *hidden, (W, b) = trained(*sizes)
        layers = [*hidden, (W, b - 50 * (not cases))]
        said = np.array([logits(layers, X, bits) for bits in (0, *range(2, 9))])
        top = np.sort(said, axis=2)
        clear = np.flatnonzero((top[:, :, -1] - top[:, :, -2]).min(axis=0) > CLEAR)
        right = said.argmax(axis=2) == y
        for _ in range(TRIES):
            rows = rng.permutation(clear)
            val, test = rows[:NUM_VAL], rows[NUM_VAL : NUM_VAL + 300]
            whole, *by_bits = right[:, val].sum(axis=1).tolist()
            goal = by_bits[target - 2]
            fits = right[0, test].mean() > right[0, val].mean()
            if len(cases) == 2:
                fits &= min(by_bits[target - 1 :]) < goal < whole - 1 and by_bits[-1] > whole
            if fits:
                break
        else:
            raise RuntimeError(f"in {TRIES} draws no rows fit the network {sizes} and {target} bits")
        # As many rows as the target loses, and a tenth of a row: what is just good enough is seen.
        loss = (max(whole - goal, 0) + 0.1) / NUM_VAL
        given = {"layers": layers, "X_val": X[val], "y_val": y[val], "X_test": X[test], "y_test": y[test]}
        cases.append({**given, "loss": loss})
    return cases


def _right(
    layers: Layers, X_val: Array, y_val: Array, X_test: Array, y_test: Array, loss: float
) -> tuple[Array, int, float]:
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
    return accuracies, best, accuracy(best, X_test, y_test)


fewest_bits = formula_task(
    "quantization/fewest_bits",
    "fewest_bits(layers, X_val, y_val, X_test, y_test, loss)",
    points=4,
    cases=_cases,
    right=_right,
    show=("loss",),
    parts={
        "accuracies": "Seven shares of right digits among the validation rows, the first with 2 bits. Print "
        "one column of a matrix, and what comes back for it.",
        "bits": "The smallest of 2 to 8 whose accuracy on the validation rows is the given loss, or less, "
        "below that of the weights as they are.",
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
        (z.argmax(axis=1) == y) → (a.argmax(axis=1) == y)
            the logits went through ReLU, too
            It stands between two layers. Here all logits may be below 0.
        highest = … → highest = 2 ** (bits - 1)
            the codes run up to 2^(bits - 1)
            Narrow codes of 8 bits run from -127 to 127.
        W_hat = … → W_hat = scale * np.trunc(W / scale)
            the decimals of W / scale were cut off
            The nearest mark may be the next one.
        accuracy(bits, X_val, y_val) for → accuracy(bits, X_test, y_test) for
            the test rows have chosen
            They meet one network only: the one that was chosen without them.
        whole = … → whole = accuracy(8, X_val, y_val)
            a width that loses just what is allowed was not chosen
            It is compared with the weights as they came, neither with 8 bits nor with a share of that.
        best = … → best = choices[int(np.argmax(accuracies))]
            bits has the highest accuracy
            Asked are the fewest that lose no more than `loss`.
        best = … → best = choices[int(np.flatnonzero(accuracies >= least)[-1])]
            bits is 8
            Asked are the fewest that lose no more than `loss`.
        bits: best = … → best = int(np.argmax(accuracies >= least))
            bits is a place in the list
            Its first place is that of 2 bits.
        accuracy(best, X_test, y_test) → accuracy(best, X_val, y_val)
            test_accuracy is that of the validation rows
            They have chosen: what they say of the choice is too good.
    """,
    form="End with `return accuracies, bits, test_accuracy`: seven numbers, and two.",
    unchanged="`W *= …` and `layers[i] = …` change the network for all widths that come after.",
    hints={
        "ValueError": "Write the shapes of this line down: X is (n, 64), a W is (in, out), its b is (out,).",
        "IndexError: list index": "No number of bits was good enough, and one should be. Print them all.",
    },
)
