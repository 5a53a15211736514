"""Task 4: tokens drawn with a temperature and a top-k. Judged by which come, and how often."""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import (
    beyond_chance,
    drawn,
    draws,
    in_each_draw,
    new_seed,
    other_seed_differs,
    same_again,
)
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
SIZE = 500


def _cases(rng: np.random.Generator) -> list[Case]:
    """A token that stays comes more than once in 30, so surely in 3000 draws, or (-905) never."""
    asked: list[tuple[list[float], float, int]] = [
        ([0.0, 0.5, 0.9, 1.2], 0.5, 4),  # none is left out
        ([3.0, 1.5, 0.5, -0.2, -0.5, -1.0], 2.0, 3),
        ([2, 2, 1, 1, 1, 0, -1], 1.0, 3),  # ties at the first and the third, in whole numbers
        ([2.0, 2.0, 1.5, 0.3], 0.0, 2),
        ([1000.0, 1000.6, 1001.0, -3000.0, 999.8], 0.6, 4),
        ([-900.0, -900.0, -940.0, -905.0], 0.02, 3),  # what the logits are divided by makes them huge
    ]
    cases = []
    for logits, temperature, top_k in asked:
        case = {"logits": rng.permutation(np.array(logits)), "temperature": temperature, "top_k": top_k}
        cases.append({**case, "size": SIZE, "seed": new_seed(rng)})
    return cases


def _probe(learner: Any, case: Case) -> Any:
    logits, temperature, top_k, size = (case[name] for name in ("logits", "temperature", "top_k", "size"))
    return drawn(lambda rng: call(learner, logits, temperature, top_k, size, rng), case["seed"])


def _kept(case: Case) -> Array:
    """Which tokens may come, (V,)."""
    logits = case["logits"]
    if case["temperature"] == 0:
        return np.arange(len(logits)) == logits.argmax()
    return logits >= np.sort(logits)[-case["top_k"]]


def _shares(z: Array, kept: Array) -> Array:
    """The softmax of z among the tokens that are kept."""
    e = np.exp(z - z[kept].max(), where=kept, out=np.zeros(len(z)))
    return e / e.sum()


def _certain(case: Case) -> bool:
    return int(_kept(case).sum()) == 1


@verdict
@in_each_draw
def _form(case: Case, answer: Any) -> None:
    tokens, size, V = np.asarray(answer), case["size"], len(case["logits"])
    if tokens.shape != (size,):
        what = f"the shape is {tokens.shape}, expected ({size},)"
        raise Wrong(what, "One number of a token for each of the `size` draws.")
    if tokens.dtype.kind not in "iu":
        what = f"expected numbers of tokens, got {short(tokens)}"
        raise Wrong(what, "A token is named by a whole number, its place in `logits`.")
    if tokens.min() < 0 or tokens.max() >= V:
        what = f"there is no token {tokens.min() if tokens.min() < 0 else tokens.max()}"
        raise Wrong(what, f"There are {V} logits here, so the tokens are 0 to {V - 1}.")


@verdict
@in_each_draw
def _only_kept(case: Case, answer: Any) -> None:
    logits, kept, tokens = case["logits"], _kept(case), np.asarray(answer)
    strange = tokens[~kept[tokens]]
    if not len(strange):
        return
    token, first = int(strange[0]), int(logits.argmax())
    larger = int((logits > logits[token]).sum())
    if case["temperature"] == 0:
        how = f"{larger} have a larger logit" if larger else f"token {first} has the same logit"
        raise Wrong(f"at temperature 0 token {token} came, and {how}", "The task says which one comes.")
    what = f"token {token} came, and {larger} have a larger logit; top_k is {case['top_k']}"
    raise Wrong(what, "Such a token does not come, however often one draws.")


@verdict
def _by_itself(case: Case, value: Any) -> None:
    if _certain(case):
        return
    tokens = [np.asarray(answer) for answer in draws(value)]
    if all((answer == answer[0]).all() for answer in tokens):
        what = f"the {case['size']} tokens of a call are all the same"
        raise Wrong(what, f"Each is drawn by itself, and {_kept(case).sum()} different ones may come here.")
    if all((np.diff(answer) >= 0).all() for answer in tokens):
        what = "the tokens of each call come sorted by their numbers"
        raise Wrong(what, "Each is drawn by itself: what came before it does not matter.")


@verdict
def _how_often(case: Case, value: Any) -> None:
    logits, T, kept = case["logits"].astype(float), case["temperature"], _kept(case)
    tokens = np.concatenate([np.asarray(answer) for answer in draws(value)])
    z = logits / (T or 1)
    want = _shares(z, kept)

    def fits(p: Array) -> bool:
        return not any(beyond_chance(tokens == token, p[token]) for token in range(len(p)))

    if fits(want):
        return
    got = np.bincount(tokens, minlength=len(want)) / len(tokens)
    for token in np.flatnonzero((want > 0.01) & (got == 0)):
        ties = int((logits == logits[token]).sum())
        hint = f"Its logit is {logits[token]:g}, and top_k is {case['top_k']}. "
        hint += f"{ties} tokens have this logit." if ties > 1 else "How many have a larger one?"
        raise Wrong(f"in {len(tokens)} draws token {token} did not come once", hint)
    what = f"in {len(tokens)} draws the tokens came with other shares than asked for\n"
    what += f"expected: {short(want.round(3))}\ngot:      {short(got.round(3))}"
    for other, words in (
        (_shares(logits, kept), "the temperature plays no part"),
        (_shares(logits * T, kept), "the logits are multiplied by the temperature"),
        (kept / kept.sum(), "all tokens that are left are equally likely"),
    ):
        if fits(other):
            raise Wrong(what, f"These are the shares if {words}.")
    raise Wrong(what, f"Here the temperature is {T:g}. Take two tokens that stay: how often is each to come?")


sample = Task(
    "sequences/sample",
    points=4,
    signature="sample(logits, temperature, top_k, size, rng)",
    cases=_cases,
    probe=_probe,
    show=("logits", "temperature", "top_k", "size"),
    hints={
        "ValueError: Probabilities contain NaN": "Print the logits and what you take e to the power of.",
        "ValueError: Probabilities do not sum": "After some tokens were left out, what do the others sum to?",
        "ValueError: Probabilities are not non-neg": "A logit may be below 0. A probability may not.",
        "ZeroDivisionError": "At temperature 0 nothing is divided: the task says what comes.",
        "IndexError": "Tokens are numbered from 0 to V - 1, and top_k is from 1 to V.",
    },
    verdict=all_of(
        *(leaves_input_unchanged("logits"), _form, _only_kept),
        *(same_again("draw"), other_seed_differs("draw", unless=_certain)),
        *(_by_itself, _how_often),
    ),
)
