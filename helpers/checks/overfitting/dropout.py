"""Task 2: inverted dropout as a layer, forward and back. Its masks are read from what came out."""

from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import (
    drawn,
    draws,
    in_each_draw,
    new_seed,
    other_seed_differs,
    same_again,
)
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
ASKED = [(20, 12, 0.2), (16, 15, 0.5), (15, 14, 0.8), (6, 5, 0.0)]
CHANCE = 6  # standard errors that a share may be off


def _cases(rng: np.random.Generator) -> list[Case]:
    """Activations as after ReLU, half of them 0, and slopes of which none is."""
    cases = []
    for n, d, p in ASKED:
        X = np.maximum(rng.normal(size=(n, d)), 0).round(2)
        slopes = rng.uniform(0.5, 2, size=(n, d)) * rng.choice([-1, 1], size=(n, d))
        cases.append({"p": p, "X": X, "d_out": slopes.round(2), "seed": new_seed(rng)})
    return cases


def _probe(learner: Any, case: Case) -> Any:
    """Of a layer: out and dX of a pass in training, of a second one, and of one in evaluation."""

    def passes(rng: np.random.Generator) -> list[Any]:
        layer = learner(case["p"], rng)
        seen = []
        for training in (True, True, False):
            out = call(layer.forward, case["X"], training)
            seen.append([np.array(out), np.array(call(layer.backward, case["d_out"]))])
        return seen

    return drawn(passes, case["seed"])


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    for pair in answer:
        for name, part in zip(("out", "dX"), pair, strict=True):
            if np.shape(part) != np.shape(case["X"]):
                what = f"the shape of {name} is {np.shape(part)}, expected {np.shape(case['X'])}"
                raise Wrong(what, "Each entry of X is kept or not: nothing is taken out.")


@verdict
def _anew(case: Case, value: Any) -> None:
    zero, _ = _zeros(case, value)
    if zero.any() and all(np.array_equal(one, two) for one, two in zip(zero[::2], zero[1::2], strict=True)):
        raise Wrong("a second forward drops the same entries", "Each pass in training draws anew.")


def _zeros(case: Case, value: Any) -> tuple[Array, Array]:
    """Of each pass in training, whether an entry of out and of dX is 0; of out, where that tells a drop."""
    passes = [one for draw in draws(value) for one in draw[:2]]
    zero = np.array([(out == 0) & (case["X"] > 0) for out, _ in passes])
    return zero, np.array([dX == 0 for _, dX in passes])


@verdict
def _share(case: Case, value: Any) -> None:
    p, positive = case["p"], case["X"] > 0
    zero, _ = _zeros(case, value)
    for name, axis in (("row", 2), ("column", 1)):
        some, every = zero.any(axis=axis), (zero | ~positive).all(axis=axis)
        if some.any() and not every.all() and (some == every)[:, positive.any(axis=axis - 1)].all():
            what = f"each {name} of X is kept as a whole, or set to 0 as a whole"
            raise Wrong(what, "Each entry has a draw of its own: which shape have the random numbers?")
    share, n = zero[:, positive].mean(), zero[:, positive].size
    if abs(share - p) > CHANCE * np.sqrt(p * (1 - p) / n):
        what = f"with p = {p:g} a share of {share:.2f} of the entries is set to 0, over {len(zero)} passes"
        raise Wrong(what, "p is the probability of becoming 0.")


@verdict
@in_each_draw
def _out(case: Case, answer: Any) -> None:
    X, p = case["X"], case["p"]
    for out, _ in answer[:2]:
        kept = out != 0
        if close(out[kept], X[kept] / (1 - p)):
            continue
        what = "in training "
        for words, factor in (("as they are in X", 1), ("divided by p", 1 / (p or 1)), ("times 1 - p", 1 - p)):
            if close(out[kept], X[kept] * factor):
                hint = f"The mean of out is to be that of X, over many passes. Kept is a share of {1 - p:g}."
                raise Wrong(f"{what}the entries that are kept are {words}", hint)
        if (kept & (X == 0)).any():
            raise Wrong(f"{what}entries that are 0 in X have become others", "0 times any number is 0.")
        both = expected_and_got((X / (1 - p))[kept], out[kept])
        raise Wrong(f"{what}the entries that are kept are off\n{both}", "What makes up for those that are 0?")


@verdict
@in_each_draw
def _slopes(case: Case, answer: Any) -> None:
    d_out, scale = case["d_out"], 1 / (1 - case["p"])
    for out, dX in answer[:2]:
        some = case["X"] > 0  # where out tells what was kept
        if close(dX[some], (d_out * (out != 0) * scale)[some]) and close(dX[dX != 0], (d_out * scale)[dX != 0]):
            continue
        what, kept = "in training ", out[some] != 0
        if close(dX, d_out):
            raise Wrong(f"{what}backward returns d_out as it is", "What does a nudge of a dropped entry do?")
        if close(dX[some], (d_out * (out != 0))[some]):
            raise Wrong(f"{what}dX is not scaled", "By how much does out move, if an entry of X that is kept does?")
        if not np.array_equal(dX[some] != 0, kept):
            what += f"backward lets {(dX[some] != 0).sum()} slopes through, {((dX[some] != 0) & kept).sum()} of "
            what += f"them at the {kept.sum()} places that forward has kept"
            raise Wrong(what, "A slope goes the way that its entry went in the forward pass before.")
        both = expected_and_got((d_out * scale)[dX != 0], dX[dX != 0])
        raise Wrong(f"{what}dX is off where it is not 0\n{both}", "What is out, where an entry is kept?")


@verdict
def _each_on_its_own(case: Case, value: Any) -> None:
    """Entries of X that are 0 are dropped as often as others, and the number of dropped ones varies."""
    p, blank = case["p"], case["X"] == 0
    _, dropped = _zeros(case, value)
    share, n = dropped[:, blank].mean(), dropped[:, blank].size
    if abs(share - p) > CHANCE * np.sqrt(p * (1 - p) / n):
        what = f"where X is 0, a share of {share:.2f} of dX is 0, and p is {p:g}"
        raise Wrong(what, "An entry of X that is 0 may be kept or dropped: out is 0 there in either case.")
    counts = dropped.sum(axis=(1, 2))
    if p and (counts == counts[0]).all():
        what = f"in each of {len(counts)} passes exactly {counts[0]} of {blank.size} entries are dropped"
        raise Wrong(what, "Each entry is drawn for itself, so the number of them varies.")


@verdict
@in_each_draw
def _evaluation(case: Case, answer: Any) -> None:
    X, (out, dX) = case["X"], answer[2]
    if not close(out, X):
        hint = "In evaluation all units work: what made up for the others in training is not needed."
        raise Wrong(f"in evaluation out is not X\n{expected_and_got(X, out)}", hint)
    if not close(dX, case["d_out"]):
        what = f"after a pass in evaluation dX is not d_out: {(dX == 0).sum()} of {dX.size} entries are 0"
        raise Wrong(f"{what}, got {short(dX)}", "It belongs to the forward pass before it. That was not in training.")


dropout = Task(
    "overfitting/dropout",
    points=4,
    signature="Dropout(p, rng)",
    cases=_cases,
    probe=_probe,
    show=("p", "X"),
    hints={
        "AttributeError": "The methods are __init__, forward and backward, indented alike. What backward reads as "
        "self.name, forward has to keep under that name.",
        "NameError": "What __init__ was given, forward reads as self.name, where __init__ has kept it so.",
        "ValueError": "Write the shapes of this line down: X, out and d_out have the same.",
    },
    verdict=all_of(
        leaves_input_unchanged("X", "d_out"),
        _form,
        _anew,
        same_again("pass"),
        other_seed_differs("passes", unless=lambda case: case["p"] == 0),
        *(_share, _out, _slopes, _each_on_its_own, _evaluation),
    ),
)
