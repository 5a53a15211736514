"""Task 2: inverted dropout as a layer, forward and back. Its masks are read from what came out."""

from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.probing import call
from helpers.checks.randomness import drawn, draws, in_each_draw, new_seed, other_seed_differs, same_again
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
ASKED = [(20, 12, 0.2), (16, 15, 0.5), (15, 14, 0.8), (6, 5, 0.0)]
CHANCE = 6  # standard errors that a share may be off
OWN = "Each entry has a draw of its own: which shape have the random numbers?"


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
        layer, seen = learner(case["p"], rng), []
        for training in (True, True, False):
            out = np.array(call(layer.forward, case["X"], training))
            seen.append([out, np.array(call(layer.backward, case["d_out"]))])
        return seen

    return drawn(passes, case["seed"])


def _zeros(case: Case, value: Any) -> tuple[Array, Array]:
    """Of each pass in training: where out shows a drop (only where X is not 0), and where dX is 0."""
    passes = [one for draw in draws(value) for one in draw[:2]]
    dropped = [(out == 0) & (case["X"] > 0) for out, _ in passes]
    return np.array(dropped), np.array([dX == 0 for _, dX in passes])


def _off(case: Case, zero: Array) -> bool:
    """Whether the share of zeros is not p, by more than chance."""
    p = case["p"]
    return bool(abs(zero.mean() - p) > CHANCE * np.sqrt(p * (1 - p) / zero.size))


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    for name, part in [pair for both in answer for pair in zip(("out", "dX"), both, strict=True)]:
        if part.shape != case["X"].shape:
            what = f"the shape of {name} is {part.shape}, expected {case['X'].shape}"
            raise Wrong(what, "Each entry of X is kept or not: nothing is taken out.")


@verdict
def _dropped(case: Case, value: Any) -> None:
    positive, (zero, _) = case["X"] > 0, _zeros(case, value)
    if zero.any() and all(map(np.array_equal, zero[::2], zero[1::2])):
        raise Wrong("a second forward drops the same entries", "Each pass in training draws anew.")
    for name, axis in (("row", 2), ("column", 1)):
        some, every = zero.any(axis=axis), (zero | ~positive).all(axis=axis)
        if some.any() and not every.all() and (some == every)[:, positive.any(axis=axis - 1)].all():
            raise Wrong(f"each {name} of X is kept as a whole, or set to 0 as a whole", OWN)
    if _off(case, zero[:, positive]):
        what = f"in training a share of {zero[:, positive].mean():.2f} of the entries becomes 0, and p is "
        raise Wrong(f"{what}{case['p']:g}", "p is the probability of becoming 0.")


@verdict
@in_each_draw
def _training(case: Case, answer: Any) -> None:
    X, d_out, scale = case["X"], case["d_out"], 1 / (1 - case["p"])
    for out, dX in answer[:2]:
        kept, passed, some = out != 0, dX != 0, X > 0  # where X is 0, out does not tell
        if not close(out[kept], X[kept] * scale):
            both = expected_and_got(X[kept] * scale, out[kept])
            hint = f"Kept is a share of {1 - case['p']:g}. The expected value of each entry is to stay."
            raise Wrong(f"in training the entries of out that are not 0 are off\n{both}", hint)
        if not np.array_equal(passed[some], kept[some]):
            what = f"where X is not 0, forward kept {kept[some].sum()} entries; backward let "
            what += f"{passed[some].sum()} slopes through, {(passed & kept)[some].sum()} of them at these"
            raise Wrong(what, "A slope goes the way that its entry went in the forward pass before.")
        if not close(dX[passed], d_out[passed] * scale):
            both = expected_and_got(d_out[passed] * scale, dX[passed])
            hint = "By how much does out move, if an entry of X that is kept moves by 1?"
            raise Wrong(f"in training the entries of dX that are not 0 are off\n{both}", hint)


@verdict
def _each_on_its_own(case: Case, value: Any) -> None:
    blank, (_, dropped) = case["X"] == 0, _zeros(case, value)
    if _off(case, dropped[:, blank]):
        what = f"where X is 0, a share of {dropped[:, blank].mean():.2f} of dX is 0, and p is {case['p']:g}"
        raise Wrong(what, "An entry of X that is 0 may be kept or dropped: out is 0 there in either case.")
    counts = dropped.sum(axis=(1, 2))
    if case["p"] and (counts == counts[0]).all():  # by chance once in 10¹³
        what = f"in each of {len(counts)} passes exactly {counts[0]} of {blank.size} entries are dropped"
        raise Wrong(what, "Each entry is drawn for itself, so the number of them varies.")


@verdict
@in_each_draw
def _evaluation(case: Case, answer: Any) -> None:
    out, dX = answer[2]
    if not close(out, case["X"]):
        hint = "In evaluation all units work: what made up for the others in training is not needed."
        raise Wrong(f"in evaluation out is not X\n{expected_and_got(case['X'], out)}", hint)
    if not close(dX, case["d_out"]):
        what = f"after a pass in evaluation dX is not d_out\n{expected_and_got(case['d_out'], dX)}"
        raise Wrong(what, "It belongs to the forward pass before it. That was not in training.")


KEPT = "What backward reads as self.name, forward has to keep under that name; what forward reads, __init__."
dropout = Task(
    "overfitting/dropout",
    points=4,
    signature="Dropout(p, rng)",
    cases=_cases,
    probe=_probe,
    show=("p", "X"),
    hints={
        "AttributeError": KEPT,
        "NameError": KEPT,
        "ValueError": "Write the shapes of this line down: X, out and d_out have the same.",
    },
    verdict=all_of(
        *(leaves_input_unchanged("X", "d_out"), _form, _dropped),
        *(same_again("mask"), other_seed_differs("mask", unless=lambda case: case["p"] == 0)),
        *(_training, _each_on_its_own, _evaluation),
    ),
)
