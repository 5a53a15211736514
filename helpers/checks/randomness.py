"""What every check of a random answer asks: the generator that is passed decides, and nothing else does.

The probe draws several times (`drawn`). The same seed gives the same answer, other seeds give others, and
what chance could do by itself is never asked of one draw.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from helpers.checks.plain import same_plain
from helpers.checks.probing import Seen
from helpers.checks.task import Case, Rule, Verdict, Wrong, verdict

DRAWS = 6  # a property of chance is looked at in so many draws
Form = Callable[[Any], Any]


def new_seed(rng: np.random.Generator) -> int:
    """A seed for a case."""
    return int(rng.integers(1 << 30))


def drawn(
    run: Callable[[np.random.Generator], Any], seed: int, times: int = DRAWS, *, next_too: bool = False
) -> Seen:
    """What `run(rng)` gives with a generator of that seed, once more `again`, and `others` of other seeds.

    `times` different seeds are drawn. With `next_too`, `next` is what a second call with the first generator
    gives. An answer that is an iterator (`yield`) is read to its end. `drew` says whether the first run drew
    anything from its generator.

    >>> drawn(lambda rng: int(rng.integers(100)), seed=1, times=3).value
    {'answer': 47, 'drew': True, 'again': 47, 'others': [83, 81]}
    """

    def once(rng: np.random.Generator) -> Any:
        answer = run(rng)
        return list(answer) if isinstance(answer, Iterator) else answer

    rng = np.random.default_rng(seed)
    start = rng.bit_generator.state
    answer = once(rng)
    beside: dict[str, Any] = {"drew": rng.bit_generator.state != start}
    if next_too:
        beside["next"] = once(rng)
    others = [once(np.random.default_rng(seed + 1 + i)) for i in range(times - 1)]
    return Seen(answer, **beside, again=once(np.random.default_rng(seed)), others=others)


def draws(value: Any) -> list[Any]:
    """All answers that differ in their seed: the one asked for, and the others."""
    return [value["answer"], *value["others"]]


def in_each_draw(judge: Callable[[Case, Any], None]) -> Callable[[Case, Any], None]:
    """A judgement of (case, answer) made one of all draws: it speaks of the first draw that is wrong."""

    def judge_all(case: Case, value: Any) -> None:
        for answer in draws(value):
            judge(case, answer)

    return judge_all


def same_again(noun: str, form: Form = lambda answer: answer) -> Verdict:
    """The same seed gives the same `noun` twice; `form` takes away what is free, such as an order.

    >>> from helpers.checks.probing import Observation
    >>> judge = same_again("split", form=sorted)
    >>> judge({}, Observation({"answer": [1, 2], "again": [2, 1], "drew": True}))
    >>> judge({}, Observation({"answer": [1], "again": [2], "drew": True})).what
    'the same generator gives another split at the second call'
    """

    @verdict
    def judge(case: Case, value: Any) -> None:
        if not same_plain(form(value["answer"]), form(value["again"])):
            raise Wrong(
                f"the same generator gives another {noun} at the second call",
                "All chance comes from `rng`, and nothing else but the arguments decides: then others can "
                "repeat it." + ("" if value["drew"] else " Your code drew nothing from `rng`."),
            )

    return judge


def other_seed_differs(
    noun: str, form: Form = lambda answer: answer, unless: Callable[[Case], bool] = lambda case: False
) -> Verdict:
    """Not all seeds give the same `noun`; `unless` names the cases where chance has no choice."""

    @verdict
    def judge(case: Case, value: Any) -> None:
        first, *others = map(form, draws(value))
        if not unless(case) and all(same_plain(first, other) for other in others):
            raise Wrong(
                f"{len(others) + 1} generators with different seeds give the same {noun}",
                f"Numbers were drawn from `rng`, but the {noun} does not depend on them: follow what the "
                "draw returned."
                if value["drew"]
                else "Nothing was drawn from the `rng` that is passed.",
            )

    return judge


def next_differs(noun: str, form: Form = lambda answer: answer) -> Rule:
    """A second call with the same generator goes on drawing (the probe asked for it with `next_too`)."""
    return Rule(
        f"two calls with one generator give the same {noun}",
        lambda case, value: not same_plain(form(value["answer"]), form(value["next"])),
        "Every call draws anew from `rng` itself, so that the generator moves on.",
    )


def beyond_chance(seen: Any, p: float) -> bool:
    """Whether the share of True is not p, by more than six standard errors of that many draws.

    >>> beyond_chance(np.arange(1000) < 530, 0.5), beyond_chance(np.arange(1000) < 700, 0.5)
    (False, True)
    """
    return bool(abs(np.mean(seen) - p) > 6 * np.sqrt(p * (1 - p) / np.size(seen)))


def hardly_shuffled(orders: Sequence[Sequence[int]], n: int) -> str:
    """How orders of the rows 0 to n - 1, of several draws, differ from shuffled ones; empty if they do not.

    Rows that stay near their place, or beside their neighbours of the file (cut, turned round, rolled), are
    seen. Asked of 12 rows or more, 60 in all draws together: there a fair shuffle is 7 standard errors away.

    >>> hardly_shuffled([np.random.default_rng(seed).permutation(20) for seed in range(6)], 20)
    ''
    >>> hardly_shuffled([np.roll(np.arange(20), k) for k in range(6)], 20)
    'most rows are followed by their neighbour in the file'
    """
    whole = [np.asarray(order) for order in orders]
    if n < 12 or sum(map(len, whole)) < 60:
        return ""
    steps = np.concatenate([np.diff(order) % n for order in whole])
    if np.isin(steps, (1, n - 1)).mean() > 1 / 2:
        return "most rows are followed by their neighbour in the file"
    away = np.concatenate([np.abs(order - np.arange(len(order))) for order in whole]).mean()
    if away < n / 8:  # shuffled: n / 3
        return (
            f"the rows are {away:.1f} places from where they stood, on average; shuffled, it is {n / 3:.0f}"
        )
    return ""
