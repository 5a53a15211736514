"""Task 5 of exercise 08: a race in which each optimizer has its own best rate, and luck is no winner.

In the check the runs are those of a table, made so that each short cut leads elsewhere. They are written
down, and the verdict judges by what the learner's runs gave.
"""

from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
TUNING, SEEDS = [3, 5, 8], [11, 12, 14, 17]
RUN = (
    "run(name, lr, seed, part) takes a name of `rates`, a rate of its own grid, one of the seeds, and "
    "'validation' or 'test'."
)
# Validation accuracies by tuning seed: of the best mean, first seed and maximum, last seed, minimum, median.
VALIDATION = [
    [0.78, 0.91, 0.92],
    [0.97, 0.66, 0.86],
    [0.70, 0.64, 0.96],
    [0.83, 0.84, 0.83],
    [0.5, 0.93, 0.93],
]
# Leader minus runner-up by seed, in thousandths; what luck adds to both; and a third, behind in the mean.
DUELS = {
    "clear": ([30, 38, 24, -2], [0, 4, -6, 60], []),
    "not clear": ([24, 20, -13, 17], [0, 5, 2, -7], [-200] * 4),
    "clear by pairs only": ([10, 14, 9, 13], [-90, 70, 40, -20], [-30] * 4),  # the highest minimum
    "not clear, by little": ([25, 1, 15, 3], [10, 0, -10, 0], [-200] * 4),
    "clear, by little": ([26, 3, 15, 4], [10, 0, -10, 0], [60, -400, 60, 60]),  # the highest median
    "equal": ([20, -20, 10, -10], [3, 0, -3, 0], [-200] * 4),
}


def _table(rng: np.random.Generator, duel: str) -> Case:
    """Two optimizers, or three, and what each run gives."""
    gaps, luck, third = (np.array(numbers) / 1000 for numbers in DUELS[duel])
    order, top = rng.permutation(len(SEEDS)), rng.integers(800, 840) / 1000
    tests = [top + luck + gaps, top + luck, *([top + third] if third.size else [])]
    names = rng.permutation(["SGD", "momentum", "Adam", "RMSProp"])[: len(tests)]
    rates, accuracy = {}, {}
    for name, number in zip(names.tolist(), rng.permutation(len(tests)), strict=True):
        num_rates, scale = int(rng.integers(4, 6)), float(rng.choice([0.1, 1, 10]))
        rates[name] = [round(scale * lr, 4) for lr in rng.permutation(RATES[:num_rates]).tolist()]
        for place, lr in zip(rng.permutation(num_rates), rates[name], strict=True):
            better = rng.integers(20, 60) / 1000 if place else 0.0  # than at the rate to choose
            scores = [*VALIDATION[place], *(tests[number][order] + better).round(4).tolist()]
            for seed, score in zip((*TUNING, *SEEDS), scores, strict=True):
                accuracy[f"{name} {lr} {seed}"] = score
    return {"rates": rates, "tuning_seeds": TUNING, "seeds": SEEDS, "accuracy": accuracy}


def _cases(rng: np.random.Generator) -> list[Case]:
    return [_table(rng, duel) for duel in DUELS]


def _probe(learner: Any, case: Case) -> Seen:
    """The answer, and of each part and each optimizer with its rate what the runs gave, by seed."""
    runs: dict[str, dict[str, dict[int, float]]] = {"validation": {}, "test": {}}

    def run(name: str, lr: float, seed: int, part: str) -> float:
        name, lr, seed = str(name), float(lr), int(seed)
        score = case["accuracy"].get(f"{name} {lr} {seed}")
        if score is None or part not in runs:
            raise ValueError(f"there is no run({name!r}, {lr}, {seed}, {part!r}) in this race")
        runs[part].setdefault(f"{name} {lr}", {})[seed] = score
        return score

    run.__qualname__ = "run"  # so it is called when a call does not fit
    return Seen(call(learner, run, case["rates"], case["tuning_seeds"], case["seeds"]), **runs)


def _with_seeds(value: Any, part: str, who: str, seeds: list[int]) -> list[float]:
    """The accuracies of an optimizer with a rate, in the order of the seeds, which are to be these."""
    runs = {int(seed): score for seed, score in value[part].get(who, {}).items()}
    if set(runs) != set(seeds):
        what = f"{who} was run on the {part} rows with the seeds {short(sorted(runs))}; "
        what += f"expected {short(seeds)}"
        raise Wrong(what, "The tuning seeds are for the validation rows, `seeds` for the test rows.")
    return [runs[seed] for seed in seeds]


@verdict
def _tuned(case: Case, value: Any) -> None:
    for name, grid in case["rates"].items():
        if (many := sum(f"{name} {lr}" in value["test"] for lr in grid)) > 1:
            what = f"{name} was run on the test rows with {many} learning rates"
            raise Wrong(what, "The validation rows choose. The test rows meet the one rate that was chosen.")
        for lr in grid:
            _with_seeds(value, "validation", f"{name} {lr}", case["tuning_seeds"])


@verdict
def _formed(case: Case, value: Any) -> None:
    answer, names = value["answer"], set(case["rates"])
    if not isinstance(answer, list) or len(answer) != 3:
        raise Wrong(f"expected best, scores, winner; got {short(answer)}", "Three things, in this order.")
    for what, part in zip(("best", "scores"), answer, strict=False):
        if not isinstance(part, dict) or set(part) != names:
            hint = "A dict with an entry for each optimizer, under its name."
            raise Wrong(f"{what} is {short(part)}, expected entries for {', '.join(sorted(names))}", hint)


@verdict
def _chosen(case: Case, value: Any) -> None:
    for name, grid in case["rates"].items():
        runs = {lr: _with_seeds(value, "validation", f"{name} {lr}", case["tuning_seeds"]) for lr in grid}
        got, top = value["answer"][0][name], max(map(np.mean, runs.values()))
        if isinstance(got, bool) or not isinstance(got, int | float) or got not in runs:
            what = f"best[{name!r}] is {short(got)}"
            raise Wrong(what, f"It is one of the learning rates of {name}, {short(grid)}.")
        if (mean := np.mean(runs[got])) < top - 1e-9:
            what = f"best[{name!r}] is {got}, whose accuracies {short(runs[got])} have the mean {mean:.4f}; "
            what += f"the highest mean is {top:.4f}"
            raise Wrong(what, "The mean over the tuning seeds chooses, of the validation accuracies.")


@verdict
def _raced(case: Case, value: Any) -> None:
    best, scores, _ = value["answer"]
    for name, grid in case["rates"].items():
        if at := [lr for lr in grid if f"{name} {lr}" in value["test"] and lr != best[name]]:
            what = f"{name} was run on the test rows with lr = {at[0]}, and best[{name!r}] is {best[name]}"
            raise Wrong(what, "In the race each has the rate that was chosen for it.")
        want = np.array(_with_seeds(value, "test", f"{name} {float(best[name])}", case["seeds"]))
        if not close(scores[name], want):
            both = expected_and_got(want, np.asarray(scores[name], float))
            hint = "One number for each of `seeds`, in their order: the accuracy on the test rows."
            raise Wrong(f"scores[{name!r}] is off\n{both}", hint)


@verdict
def _won(case: Case, value: Any) -> None:
    _, scores, got = value["answer"]
    first, second = sorted(scores, key=lambda name: -float(np.mean(scores[name])))[:2]
    gaps = np.asarray(scores[first], float) - np.asarray(scores[second], float)
    ahead, needed = float(gaps.mean()), 2 * float(gaps.std(ddof=1)) / np.sqrt(len(gaps))
    want = first if ahead > needed else None
    if got == want or (got in (None, first) and abs(ahead - needed) < 1e-9):
        return
    what = f"{first} is ahead of {second} by {short(gaps.round(3))}, on average {ahead:.4f}\n"
    what += f"two standard errors of this mean are {needed:.4f}: expected {want!r}, got {short(got)}"
    hint = "The name with the highest mean of the test accuracies, or None. "
    raise Wrong(what, hint + "The gaps are those of one seed each: compare both numbers with yours.")


race = Task(
    "optimizers/race",
    points=4,
    signature="race(run, rates, tuning_seeds, seeds)",
    cases=_cases,
    probe=_probe,
    show=("rates", "tuning_seeds", "seeds"),
    hints={"ValueError: there is no run": RUN, "TypeError: run()": RUN},
    verdict=all_of(leaves_input_unchanged(), _tuned, _formed, _chosen, _raced, _won),
)
