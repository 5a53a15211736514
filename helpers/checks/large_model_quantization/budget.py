"""Task 3: which layers stay in 8 bits, when the rest goes to 4 and all must fit."""

from typing import Any

import numpy as np

from helpers.checks.blocks import leaves_input_unchanged, raises
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
NAMES = ("damage4", "damage8", "sizes", "budget")

# damage4, damage8, sizes, budget. Who takes first what saves most, or most for its room, misses the best.
MODELS = {
    "all but the best for its room": ([80, 53, 48], [3, 3, 0], [7, 5, 5], 28),
    "a table of words": ([400, 90, 80, 70, 60], [90, 8, 6, 4, 2], [50, 11, 12, 13, 14], 151),
    "exactly": ([30, 24, 9, 50], [5, 4, 1, 2], [12, 9, 4, 40], 86),
    "a tie": ([20, 16, 15, 9], [4, 6, 9, 3], [10, 6, 3, 9], 38),
    "8 bits that harm": ([5, 12, -3, 8], [9, 2, 4, -1], [3, 4, 5, 6], 60),
    "no room": ([7, 9], [1, 2], [10, 8], 18),
}

MANY = "How many layers are there? 36 have 2^36 lists: of two that take the same room, which is still needed?"


def _models(rng: np.random.Generator) -> list[Case]:
    """The models above with their layers in another order, one of 36 layers, and one that does not fit."""
    cases: list[Case] = []
    for damage4, damage8, sizes, budget in MODELS.values():
        order = rng.permutation(len(sizes))
        arrays = (np.array(one)[order] for one in (damage4, damage8, sizes))
        cases.append(dict(zip(NAMES, (*arrays, budget), strict=True)))
    many = rng.permutation(np.r_[rng.integers(90, 120, 1), rng.integers(18, 40, 17), rng.integers(3, 12, 18)])
    harm = rng.integers(-2, 9, size=36)
    more = harm + many * rng.integers(2, 9, size=36) + rng.integers(-20, 50, size=36)
    cases.append(dict(zip(NAMES, (more, harm, many, int(1.4 * many.sum())), strict=True)))
    none: Case = {**cases[0], "budget": int(cases[0]["sizes"].sum()) - 1}
    hint = (
        "What does your function find here? `raise ValueError(…)` then, with a message that says the budget."
    )
    cases.append(
        raises(ValueError, because="4 bits for all do not fit", hint=hint, names=none["budget"], **none)
    )
    return cases


def _least(case: Case, room: int) -> Array:
    """The least damage when 8 bits may take exactly 0, 1, … room kilobytes more; inf where no list does."""
    least = np.full(room + 1, np.inf)
    least[0] = case["damage4"].sum()
    for gain, size in zip(case["damage4"] - case["damage8"], case["sizes"], strict=True):
        if size <= room:
            least[size:] = np.minimum(least[size:], least[: room + 1 - size] - gain)
    return least


@verdict
def _is_a_list_of_layers(case: Case, answer: Any) -> None:
    got = answer.tolist() if isinstance(answer, np.ndarray) else answer
    layers = len(case["sizes"])
    if isinstance(got, list) and len(got) == layers and all(isinstance(i, bool) for i in got):
        raise Wrong(
            "the answer says True or False for each layer", "Asked are the numbers of those that stay."
        )
    if not isinstance(got, list) or not all(isinstance(i, int | float) and i == int(i) for i in got):
        hint = "The numbers of the layers that stay in 8 bits: compare with the example of the task."
        raise Wrong(f"expected a list of layer numbers, got {short(answer)}", hint)
    if len(set(got)) < len(got) or any(i < 0 or i >= layers for i in got):
        what = f"the answer is {short(got)}, and the layers are 0 to {layers - 1}, each at most once"
        raise Wrong(what, "Did a layer get its 8 bits twice, or does the list hold something else?")
    if got != sorted(got):
        raise Wrong(f"the answer is {short(got)}", "The smallest number first.")


@verdict
def _is_the_best(case: Case, answer: Any) -> None:
    kept = np.asarray(answer).astype(int)
    sizes, budget = case["sizes"], case["budget"]
    room, extra = budget - int(sizes.sum()), int(sizes[kept].sum())
    damage = int(case["damage4"].sum() - (case["damage4"] - case["damage8"])[kept].sum())
    said = f"with your list {short(kept.tolist())} all layers take {sizes.sum() + extra} of {budget}"
    if extra > room:
        raise Wrong(said, "A layer in 8 bits takes twice its size. Do all layers together fit?")
    said += f", and the damage is {damage}"
    least = _least(case, room)
    best = int(least.min())
    if best < damage == least[:-1].min(initial=np.inf):
        raise Wrong(f"{said}\none with {best} takes exactly the budget", "The budget itself may be used up.")
    if damage > best:
        hint = "It is the whole list that must be best: which one does that damage, and what does it take?"
        raise Wrong(f"{said}\nthe least that fits is {best}", hint)
    smallest = int(least.argmin())
    if extra > smallest:
        what = f"{said}\nanother list has this damage, too, and takes {sizes.sum() + smallest}"
        raise Wrong(what, "Of lists with the same damage the smallest is asked for.")


keep_in_8_bits = Task(
    "large_model_quantization/keep_in_8_bits",
    points=3,
    signature="keep_in_8_bits(damage4, damage8, sizes, budget)",
    cases=_models,
    probe=lambda learner, case: call(
        learner, case["damage4"], case["damage8"], case["sizes"], case["budget"]
    ),
    verdict=all_of(_is_a_list_of_layers, leaves_input_unchanged(), _is_the_best),
    hints={
        "ValueError": "In this case 4 bits for all fit. Or is it not your `raise`: what does this line get?",
        "IndexError": "Print the index: an array has one entry a layer, a table one for each room from 0 on.",
        "TimeIsUp": MANY,
        "MemoryError": MANY,
    },
)
