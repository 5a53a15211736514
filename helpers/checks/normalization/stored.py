"""Tasks 3 and 4: what a batch norm stores for evaluation, and layer norm, which stores nothing."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.blocks import raises
from helpers.checks.formula import formula_task
from helpers.checks.task import Case

Array = np.ndarray
ALONE = "What is the variance of a single row, divided by n - 1? `raise ValueError(…)` before it is used."

# Task 3: running statistics ----------------------------------------------------------------------------


def _streams(rng: np.random.Generator) -> Sequence[Case]:
    """Lists of batches of different sizes, with a momentum, with none, with 0; then one row alone."""

    def batches(*sizes: int, d: int = 3) -> list[Array]:
        far = rng.uniform(2, 4, size=d)
        return [rng.normal(far + i, 1.5, size=(n, d)).round(2) for i, n in enumerate(sizes)]

    cases: list[Case] = [
        {"batches": batches(4, 6, 2), "momentum": 0.3},
        {"batches": batches(5, 3, 2, 4), "momentum": None},
        {"batches": batches(3, 2, d=2), "momentum": 0.0},
        {"batches": batches(3, 5, 2, d=1), "momentum": 1.0},
        {"batches": batches(6, d=4), "momentum": None},
        {"batches": batches(*[4] * 30, 3), "momentum": 0.1},
    ]
    for sizes, momentum, which in [((4, 1, 3), 0.1, "second"), ((2, 3, 1), None, "third")]:
        alone: Case = {"batches": batches(*sizes), "momentum": momentum}
        cases.append(raises(ValueError, because=f"the {which} batch has one row", hint=ALONE, **alone))
    return cases


def _running(batches: Sequence[Array], momentum: float | None) -> tuple[Array, Array]:
    d = batches[0].shape[1]
    mean, var = np.zeros(d), np.ones(d)
    for seen, X in enumerate(batches, start=1):
        share = 1 / seen if momentum is None else momentum
        mean = (1 - share) * mean + share * X.mean(axis=0)
        var = (1 - share) * var + share * X.var(axis=0, ddof=1)
    return mean, var


running_statistics = formula_task(
    "normalization/running_statistics",
    "running_statistics(batches, momentum)",
    points=3,
    cases=_streams,
    right=_running,
    parts={
        "mean": "By hand, with the batches of the example: where is the mean after the first, and then?",
        "var": "By hand, with the batches of the example: where is the variance after the first, and then?",
    },
    slips=r"""
        if momentum is None else momentum → if momentum is None else 1 - momentum
            momentum was taken for the share of the old
            Here it is the share of the new batch, as in PyTorch.
        share = … → share = momentum or 1 / seen
            a momentum of 0 was taken for None
            0 is False for `if` and `or`. Ask whether it is None.
        return mean, var → A = np.concatenate(batches); none = momentum is None\nreturn mean, var
        return mean, var → return (A.mean(axis=0), A.var(axis=0, ddof=1)) if none else (mean, var)
            with None, all rows were taken as one batch
            Each batch has a mean and a variance of its own, and counts the same.
        share = … → share = 1 / (seen + 1) if momentum is None else momentum
            with None, the start counts as if it were a batch
            The mean of one batch is that of this batch, with nothing of 0 and 1 in it.
        share = … → n = len(X); rows = sum(len(batch) for batch in batches[:seen])
        mean = (1 - share) … → share = n / rows if momentum is None else momentum; …
            with None, the batches count by their rows
            Each batch counts as much as any other, a small one, too.
        var: ddof=1 → ddof=0
            the variance of a batch was divided by n
            The batch itself is normalised by that. Stored is the one divided by n - 1.
        var: np.ones(d) → np.zeros(d)
            var starts at 0
            What does a new batch norm have stored, before the first batch?
        np.zeros(d), np.ones(d) → batches[0].mean(axis=0), batches[0].var(axis=0, ddof=1)
            both start at the first batch
            They start at 0 and 1, also with a momentum. The first batch moves them like any other.
    """,
    form="End with `return mean, var`, both of shape (d,).",
    unchanged="Compute new arrays: the batches are needed by others.",
    hints={
        "TypeError: unsupported operand": "In this case momentum is None: which lines compute with it?",
        "TypeError: '<": "In this case momentum is None: which lines compare with it?",
        "TypeError: '>": "In this case momentum is None: which lines compare with it?",
        "ValueError: operands": "Write the shapes of this line down: a batch is (n, d), what is stored (d,).",
        "UnboundLocalError": "No line before has given that name a value, in this case.",
    },
)

# Task 4: layer norm ------------------------------------------------------------------------------------


def _samples(rng: np.random.Generator) -> Sequence[Case]:
    """One trailing axis, two, three, all; as many rows as features; at last a sample that is constant."""
    cases: list[Case] = []
    for lead, shape, eps in [
        ((4,), (4,), 0.3),
        ((3, 4), (4,), 0.2),
        ((3,), (3, 4), 0.1),
        ((2,), (2, 3, 3), 0.5),
        ((), (6,), 0.2),
        ((2, 3), (2, 5), 1e-5),
    ]:
        X = rng.normal(rng.uniform(-4, 4, size=(*lead, *[1] * len(shape))), 1.5, size=(*lead, *shape))
        gamma, beta = rng.uniform(0.3, 2.5, size=shape), rng.uniform(0.5, 3.0, size=shape)
        cases.append({"X": X.round(2), "gamma": gamma.round(2), "beta": beta.round(2), "eps": eps})
    cases[1]["X"] = (4 * cases[1]["X"]).astype(int)
    cases[5]["X"][0, 0] = 7.0
    return cases


def _layer_norm(X: Array, gamma: Array, beta: Array, eps: float) -> Array:
    axes = tuple(range(-gamma.ndim, 0))
    mean = X.mean(axis=axes, keepdims=True)
    var = X.var(axis=axes, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = (X - mean) / std
    return gamma * x_hat + beta


layer_norm = formula_task(
    "normalization/layer_norm",
    "layer_norm(X, gamma, beta, eps)",
    points=3,
    cases=_samples,
    right=_layer_norm,
    parts="Take one sample alone, of the shape of gamma: its mean, its variance, and what becomes of it.",
    slips="""
        axes = … → axes = 0
            each feature was normalised over the samples: that is a batch norm
            A layer norm looks at one sample alone, whatever the others are.
        axes = … → axes = -1
            only the last axis was normalised
            The shape of gamma says how many axes, counted from the end, belong to one sample.
        axes = … → axes = 1
            axis 1 alone was normalised
            The shape of gamma says how many axes, counted from the end, belong to one sample.
        axes = … → axes = tuple(range(1, X.ndim))
            all axes but the first were normalised
            The shape of gamma says how many axes, counted from the end, belong to one sample.
        std = … → std = np.sqrt(var) + eps
            eps was added to the root
            It is added to the variance, before the root.
        x_hat = … → x_hat = X / np.sqrt((X**2).mean(axis=axes, keepdims=True) + eps)
            this is an RMS norm
            A layer norm subtracts the mean first.
        mean = … → mean = X.mean(axis=axes)
            the means of the samples went along the features
            NumPy lines up the last axes. `keepdims=True` keeps an axis of length 1 where one was averaged.
        gamma * x_hat + beta → (gamma * x_hat + beta).astype(X.dtype)
            the numbers have lost their decimals
            X holds whole numbers here, and so does an array that is made like it.
    """,
    form="One array, in the shape of X.",
    unchanged="`X -= mean` changes what the caller passed: compute a new array.",
    hints={
        "ValueError: operands": "Write the shapes of this line down: which axes of X does gamma have?",
        "AxisError": "How many axes have X and gamma in this case?",
        "TypeError": "`axis` takes a number or a tuple of whole numbers.",
    },
)
