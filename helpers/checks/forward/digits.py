"""Task 5: what a trained network says of real digits, from its weights as PyTorch saves them."""

import functools
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import close, expected_and_got
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong
from helpers.nn import Adam, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.training import fit

Array = np.ndarray
State = dict[str, Array]
HELD_OUT = 1000  # the pictures from here on train nothing


def _as_saved(matrices: Sequence[Array], biases: Sequence[Array]) -> State:
    """Matrices (in, out) and biases by the names, and in the form, of a torch.nn.Sequential with ReLUs."""
    state: State = {}
    for layer, (W, b) in enumerate(zip(matrices, biases, strict=True)):
        state |= {f"{2 * layer}.weight": W.T.astype(np.float32), f"{2 * layer}.bias": b.astype(np.float32)}
    return state


@functools.cache
def _trained() -> tuple[State, Array, Array]:
    """A network of 64-24-10, and the mean and standard deviation of the pixels that it was trained on."""
    X, y = data.load_digits()
    X, y = X[:HELD_OUT], y[:HELD_OUT]
    mean, std = X.mean(axis=0), X.std(axis=0)
    Z, rng = (X - mean) / np.where(std == 0, 1, std), np.random.default_rng(0)
    first, last = Linear(64, 24, rng=rng), Linear(24, 10, rng=rng)
    model = Sequential(first, ReLU(), last)
    optimizer = Adam(model, lr=0.01)
    fit(model, CrossEntropyLoss(), optimizer, Z, y, batch_size=50, num_epochs=8, rng=rng, progress=False)
    return _as_saved([first.W, last.W], [first.b, last.b]), mean, std


def _untrained(sizes: Sequence[int], rng: np.random.Generator) -> State:
    shapes = list(pairwise(sizes))
    matrices = [rng.normal(size=shape) * np.sqrt(2 / shape[0]) for shape in shapes]
    return _as_saved(matrices, [rng.normal(size=shape[1]) for shape in shapes])


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    state, mean, std = _trained()
    held_out = data.load_digits().X[HELD_OUT:].reshape(-1, 8, 8)

    def case(n: int, state: State) -> Case:
        pictures = held_out[rng.permutation(len(held_out))[:n]]
        return {"pictures": pictures, "state": state, "mean": mean, "std": std}

    cases = [
        case(12, state),
        case(1, state),
        case(20, _untrained([64, 10], rng)),
        case(15, _untrained([64, 20, 16, 16, 12, 12, 10], rng)),
        case(6, state),  # ink where no picture has had any
        case(8, state),  # very sure of itself
    ]
    cases[4]["pictures"][:, 0, 0] = 3.0
    # 5,000 for all ten changes no probability, and lifts all logits above what exp can take.
    sure = {name: 200 * state[name] for name in ("2.weight", "2.bias")}
    cases[5]["state"] = state | sure | {"2.bias": sure["2.bias"] + 5000}
    cases[5]["pictures"][0] = 0
    cases[2]["pictures"] = cases[2]["pictures"].astype(np.uint8)
    return cases


def _right(pictures: Array, state: Mapping[str, Array], mean: Array, std: Array) -> tuple[Array, Array]:
    X = pictures.reshape(len(pictures), -1)
    a = (X - mean) / np.where(std == 0, 1, std)
    for i in range(0, len(state), 2):
        z = a @ state[f"{i}.weight"].T + state[f"{i}.bias"]
        a = np.maximum(z, 0)
    logits = z
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p.argmax(axis=1), p


@of_answer
def _rows(case: Case, answer: Any) -> None:
    """What is wrong with the probabilities of single pictures."""
    want, p = _right(**case)[1], np.asarray(answer[1])
    if p.shape != want.shape:
        return
    if bad := np.flatnonzero(~np.isfinite(p).all(axis=1)).tolist():
        flat = case["pictures"].reshape(len(p), -1)
        hint = (
            "Print what the last line that is right gives for these pictures: exp of a large number is inf."
        )
        if flat[bad][:, case["std"] == 0].any():
            hint = "They have ink in pixel 0. In the training pictures it had none: its std is 0."
        raise Wrong(f"p has NaN or infinite values for the pictures {bad}", hint)
    row = int(np.abs(p.sum(axis=1) - 1).argmax())
    if abs(p[row].sum() - 1) > 1e-4:
        what = f"the probabilities of picture {row} sum to {p[row].sum():.4g}"
        raise Wrong(what, "One of the ten digits it is: they sum to 1.")
    said = np.asarray(answer[0])
    if off := [i for i in range(len(p)) if not close(p[i], want[i])]:
        first = expected_and_got(want[off[0]], p[off[0]])
        steps = "Print what each step gives for this picture: the pixels, each layer, the logits."
        raise Wrong(f"p is off for {len(off)} of {len(p)} pictures; for picture {off[0]}\n{first}", steps)
    if not np.array_equal(said, p.argmax(axis=1)):
        i = int(np.flatnonzero(said != p.argmax(axis=1))[0])
        what = f"picture {i} is put into class {said[i]}, and its p is largest for {p[i].argmax()}"
        raise Wrong(what, "p is right. The class is the digit that is most probable.")


predict_digits = formula_task(
    "forward/predict_digits",
    "predict_digits(pictures, state, mean, std)",
    points=5,
    cases=_cases,
    right=_right,
    parts={
        "classes": "One whole number for each picture: the most probable digit.",
        "p": "Ten probabilities for each picture, one picture in a row.",
    },
    last_rules=[_rows],
    slips=r"""
        a = (X - mean) / np.where(std == 0, 1, std) → a = X
            the network was given the pixels as they are
            It was trained on standardised ones.
        a = (X - mean) / np.where(std == 0, 1, std) → mean, std = X.mean(axis=0), X.std(axis=0)\n…
            the pictures were standardised with their own mean and std
            What was learnt from the training pictures is given, and serves for all.
        - logits.max(axis=1, keepdims=True) → - 0
            exp overflows, as without a shift of the logits
            Adding one number to all logits of a picture changes no probability. Which one helps?
        np.where(std == 0, 1, std) → std
            where std is 0, there are NaN or infinite values
            A pixel that was blank in all training pictures has no spread: divide by 1.
        np.where(std == 0, 1, std) → (std + 1e-8)
            ink in a pixel whose std is 0 became enormous
            The task says what to divide such a pixel by.
        state[f"{i}.weight"].T → state[f"{i}.weight"].reshape(-1, len(state[f"{i}.bias"]))
            the weights have the right shape, but not the right order
            reshape(…) fills new rows one after the other. What turns a matrix over?
        logits = z → logits = a
            the logits went through ReLU, too
            It stands between two layers, and the last has none after it.
        - logits.max(axis=1, keepdims=True) → - logits.max()
            p has NaN values, as with one shift for all pictures
            Far below the largest logit of all every exp is 0. Each picture needs a shift of its own.
    """,
    form="End with `return classes, p`.",
    unchanged="`pictures -= …`, `std[…] = 1` and `state.pop(…)` change what the caller needs: use copies.",
    hints={
        "ValueError": "Write the shapes of this line down. The pictures are (n, 8, 8), a weight in state is "
        "(out, in), the logits are (n, 10).",
        "KeyError": "Print list(state): these are the names. A network with more layers has more of them.",
    },
)
