"""Tasks 4 and 5: how many bits for which layer, from a table of costs, and for a network of the digits."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers import data, nn
from helpers.checks.blocks import leaves_input_unchanged, raises
from helpers.checks.formula import formula_task
from helpers.checks.networks import HELD_OUT, Layers, logits, on_grid, trained
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray

# Task 4: a plan from a table ---------------------------------------------------------------------------

# Costs, sizes and a budget. Who spends it step by step, each time where most is gained, misses the best plan.
TABLES = {
    "small": ([[7, 5, 2], [11, 10, 6], [3, 1, 0]], [[8, 12, 16], [16, 24, 32], [6, 9, 12]], 39),
    "exactly": ([[9, 6, 3], [10, 9, 4], [7, 4, 3]], [[10, 15, 20], [8, 12, 16], [8, 12, 16]], 47),
    "ties": ([[3, 3, 7, 3], [5, 2, 2, 2], [6, 1, 1, 1]], [[9, 6, 4, 8], [3, 8, 5, 9], [2, 7, 4, 6]], 28),
    "below zero": ([[9, -2, -1, 0], [5, 1, -3, -1], [30, 8, 2, -1]], [[20, 30, 40, 80]] * 3, 155),
    "roomy": ([[3, 1, 2], [2, 4, 0]], [[5, 6, 9], [7, 8, 9]], 90),
    "tight": ([[50, 20, 9], [0, 0, 0], [7, 5, 2]], [[11, 16, 21], [9, 13, 17], [6, 9, 12]], 26),
    "one layer": ([[4, 4, 6, 4, 1]], [[5, 3, 2, 4, 8]], 7),
}


def _tables(rng: np.random.Generator) -> list[Case]:
    """The tables above with their layers in another order, one of chance, and one that has no plan."""
    cases: list[Case] = []
    for costs, sizes, budget in TABLES.values():
        order = rng.permutation(len(costs))
        cases.append({"costs": np.array(costs)[order], "sizes": np.array(sizes)[order], "budget": budget})
    weights = rng.integers(3, 60, size=(6, 1))
    falling = np.sort(rng.integers(0, 90, size=(6, 4)))[:, ::-1].copy()
    rising = weights * np.array([2, 3, 4, 8])
    cases.append({"costs": falling, "sizes": rising, "budget": int(3.5 * weights.sum())})
    none: Case = {"costs": falling[:3], "sizes": rising[:3], "budget": int(rising[:3, 0].sum()) - 1}
    hint = (
        "What does your function find here? `raise ValueError(…)` then, with a message that says the budget."
    )
    cases.append(raises(ValueError, because="no plan fits", hint=hint, names=none["budget"], **none))
    return cases


def _sums(table: Array, plans: Array) -> Array:
    """Of each plan (plans, layers) the sum of its entries."""
    return table[np.arange(len(table)), plans].sum(axis=1)


def _plans(costs: Array) -> Array:
    """All plans, (plans, layers)."""
    layers, choices = np.shape(costs)
    return np.array(list(itertools.product(range(choices), repeat=layers)))


@verdict
def _is_a_plan(case: Case, answer: Any) -> None:
    layers, choices = case["costs"].shape
    got = answer.tolist() if isinstance(answer, np.ndarray) else answer
    whole = isinstance(got, list) and all(isinstance(j, int | float) and j == int(j) for j in got)
    if not whole or len(got) != layers:
        what = f"expected {layers} column numbers, one for each layer, got {short(answer)}"
        raise Wrong(what, "For each layer, the number of a column: compare with the example of the task.")
    if min(got) < 0 or max(got) >= choices:
        what = f"the answer is {short(got)}, and the columns are 0 to {choices - 1}"
        raise Wrong(what, "Asked is in which column of its row the choice for a layer stands.")


@verdict
def _is_the_best(case: Case, answer: Any) -> None:
    costs, sizes, budget = case["costs"], case["sizes"], case["budget"]
    plan = np.asarray(answer).astype(int)[None]
    cost, size = int(_sums(costs, plan)[0]), int(_sums(sizes, plan)[0])
    said = f"your plan {short(plan[0].tolist())} costs {cost} and takes {size} of {budget}"
    if size > budget:
        raise Wrong(said, "The sizes of all layers together have to fit into the budget.")
    plans = _plans(costs)
    all_costs, all_sizes = _sums(costs, plans), _sums(sizes, plans)
    least = int(all_costs[all_sizes <= budget].min())
    smallest = int(all_sizes[all_costs == least].min())
    if least < cost == all_costs[all_sizes < budget].min():
        hint = "The budget itself may be used up."
        raise Wrong(f"{said}\none that costs {least} takes exactly the budget", hint)
    if cost > least:
        hint = f"There are {len(plans)} plans here. Which of them fit, and what does each cost?"
        raise Wrong(f"{said}\nthe least that a plan within the budget costs is {least}", hint)
    if size > smallest:
        hint = "Of plans that cost the same the smaller one is asked for."
        raise Wrong(f"{said}\nanother costs {least}, too, and takes {smallest}", hint)


cheapest_plan = Task(
    "quantized_networks/cheapest_plan",
    points=4,
    signature="cheapest_plan(costs, sizes, budget)",
    cases=_tables,
    probe=lambda learner, case: call(learner, case["costs"], case["sizes"], case["budget"]),
    verdict=all_of(_is_a_plan, leaves_input_unchanged(), _is_the_best),
    hints={
        "ValueError": "In this case some plans fit.",
        "IndexError": "costs and sizes have a row for each layer, and a column for each choice.",
        "TimeIsUp": "There are at most 6 layers of 4 choices: that is 4096 plans, which need no second.",
    },
)

# Task 5: a network of the digits -----------------------------------------------------------------------

CHOICES = [2, 3, 4]
CLEAR = 1e-3  # by which the best plan is ahead of any other, so that rounding does not decide


def _digits(rng: np.random.Generator) -> list[Case]:
    """Trained networks, with a budget that the best plan uses up; no other plan comes near."""
    X, y = data.load_digits()
    X, y, cases = X[HELD_OUT:] / 16, y[HELD_OUT:], []
    for widths in [(64, 32, 32, 10), (64, 24, 24, 24, 10), (64, 20, 10)]:
        layers, order = trained(*widths), rng.permutation(len(y))
        val, new = order[:300], order[300:600]
        case: Case = {"layers": layers, "X": X[val], "y": y[val], "X_new": X[new], "y_new": y[new]}
        sizes = np.array([W.size for W, _ in layers])
        for share in np.arange(1.2, 2, 0.05):
            case |= {"choices": CHOICES, "budget": int(share * CHOICES[0] * sizes.sum())}
            costs, bits, lost = _compressed(**case)
            if _is_clear(case, costs) and abs(lost) > 1e-9 and len(set(bits)) > 1:
                break
        cases.append({**case, "budget": int(sizes @ bits)})  # all of it is needed
    return cases


def _is_clear(case: Case, costs: Array) -> bool:
    sizes = np.array([[W.size * k for k in CHOICES] for W, _ in case["layers"]])
    plans = _plans(costs)
    first, second = np.sort(_sums(costs, plans)[_sums(sizes, plans) <= case["budget"]])[:2]
    return bool(second - first > CLEAR)


def _with(layers: Layers, bits: Sequence[int | None]) -> Layers:
    return [(on_grid(W, k) if k else W, b) for (W, b), k in zip(layers, bits, strict=True)]


def _loss(layers: Layers, X: Array, y: Array) -> float:
    return float(nn.CrossEntropyLoss().forward(logits(layers, X), y))


def _accuracy(layers: Layers, X: Array, y: Array) -> float:
    return float((logits(layers, X).argmax(axis=1) == y).mean())


def _best(costs: Array, sizes: Array, budget: float) -> Array:
    plans = _plans(costs)
    fits = plans[_sums(sizes, plans) <= budget]
    return fits[_sums(costs, fits).argmin()]


def _compressed(
    layers: Layers, X: Array, y: Array, X_new: Array, y_new: Array, choices: list[int], budget: int
) -> tuple[Array, Array, float]:
    costs = np.zeros((len(layers), len(choices)))
    before = _loss(layers, X, y)
    for i, j in np.ndindex(costs.shape):
        alone = [choices[j] if number == i else None for number in range(len(layers))]
        after = _loss(_with(layers, alone), X, y)
        costs[i, j] = after - before
    sizes = np.array([[W.size * k for k in choices] for W, _ in layers])
    bits = np.array(choices)[_best(costs, sizes, budget)]
    before_new, after_new = (_accuracy(one, X_new, y_new) for one in (layers, _with(layers, bits)))
    lost = before_new - after_new
    return costs, bits, lost


@verdict
def _fits(case: Case, answer: Any) -> None:
    taken = sum(W.size * k for (W, _), k in zip(case["layers"], answer[1], strict=True))
    if taken > case["budget"]:
        what = f"with the bits {short(answer[1])} the weights take {taken:g} bits, of {case['budget']}"
        raise Wrong(what, "Every weight of a layer takes as many bits as the layer has.")


compress = formula_task(
    "quantized_networks/compress",
    "compress(layers, X, y, X_new, y_new, choices, budget)",
    points=4,
    cases=_digits,
    right=_compressed,
    parts={
        "costs": "Take the first layer with the first choice: which network is that, and on which rows?",
        "bits": "Which plans fit into the budget, by W.size · bits, and which of them costs the least?",
        "lost": "The accuracy of the network as it is, less that with your bits, on the new rows.",
    },
    slips="""
        costs: after - before → after
            costs holds the losses themselves
            Asked is by how much the loss rises: what is it without any rounding?
        costs: after - before → before - after
            costs has the wrong sign
            When the loss rises, the cost is above 0.
        costs: before = … → before = _loss(layers, X_new, y_new)
        after = … → after = _loss(_with(layers, alone), X_new, y_new)
            costs were measured on the new rows
            The new rows are for the end: nothing is chosen by them.
        costs: before = … → before = -_accuracy(layers, X, y)
        after = … → after = -_accuracy(_with(layers, alone), X, y)
            costs is the fall of the accuracy
            Asked is the rise of the loss, which sees more than which class is first.
        costs: choices[j] if number == i else None → choices[j]
            in costs all layers were rounded at once
            A cost is that of one layer alone; the others stay as they are.
        costs: else None → else choices[-1] if number < i else None
            in costs the layers before stayed rounded
            A cost is that of one layer alone. What is in the list when the next layer has its turn?
        bits: return costs, bits, lost → return costs, np.searchsorted(choices, bits), lost
            bits holds column numbers
            Which number of bits stands behind a column?
        lost: before_new - after_new → after_new - before_new
            lost has the wrong sign
            What is lost is above 0.
        lost: _accuracy(one, X_new, y_new) → _accuracy(one, X, y)
            lost was measured on the rows that chose the bits
            The bits were chosen to look well on these rows.
        lost: before_new - after_new → after_new
            lost is the accuracy that is left
            How much less is it than without any rounding?
        lost: _accuracy(one, X_new, y_new) → -_loss(one, X_new, y_new)
            lost is the rise of the loss
            At the end it is the accuracy that counts.
    """,
    form="End with `return costs, bits, lost`: (layers, choices), one number for each layer, one number.",
    rules=[leaves_input_unchanged(hint="Each cost needs the exact weights: work on a copy of the list.")],
    last_rules=[_fits],
    show=("choices", "budget"),
    hints={
        "ValueError": "Write the shapes of this line down, or print what it gets.",
        "IndexError": "Row i is layer i, column j is choices[j].",
    },
)
