"""Task 4 of exercise 10: a random search on digits in a budget of epochs. What is judged is the protocol.

Every network that the learner's function asks for writes into one journal. The verdict reads from it how
long each was trained, with which rows, on which it was scored, and when.
"""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import same_form, short
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Task, Wrong, all_of, verdict
from helpers.checks.watched import NAMES, Journal, WatchedLoss, WatchedModel, WatchedSGD, in_short, layers

LOWEST, HIGHEST = 1e-3, 1.0
BATCH_SIZES = (8, 16, 32, 64)
SIZES = {"train": 76, "validation": 80, "test": 80}  # of the 1797 pictures, so that a check takes no second
START = {"train": 0, "validation": 76, "test": 156}
ASKED = [(1, 48), (2, 13)]  # epochs of a trial, budget: 48 and 6 trials; one epoch of 13 makes no trial


def _cases(rng: np.random.Generator) -> list[Case]:
    X, y = data.load_digits()
    cases = []
    for num_epochs, budget in ASKED:
        rows = np.split(rng.permutation(len(y))[: sum(SIZES.values())], list(START.values())[1:])
        parts = {name: (X[r] / 16, y[r]) for name, r in zip(SIZES, rows, strict=True)}
        cases.append({"parts": parts, "num_epochs": num_epochs, "budget": budget, "seed": new_seed(rng)})
    return cases


def _probe(learner: Any, case: Case) -> Seen:
    """A search with its journal; what a short one tries, twice; and what another generator tries."""

    def search(seed: int, budget: int) -> dict[str, Any]:
        journal = Journal(np.concatenate([case["parts"][name][0] for name in SIZES]))
        rates: list[float] = []

        def build(lr: float) -> Any:
            start = layers((64, 16, 10), case["seed"] + len(rates))
            model = WatchedModel(journal, *start, name=len(rates))
            rates.append(float(lr))
            return model, WatchedLoss(journal), WatchedSGD(journal, model, float(lr))

        arguments = case["parts"], case["num_epochs"], budget, np.random.default_rng(seed)
        answer = call(learner, build, *arguments)
        return {"answer": answer, **in_short(journal.events, rates, START["test"])}

    seed, short_one = case["seed"], 2 * case["num_epochs"]
    full = search(seed, case["budget"])
    once, again = search(seed, short_one)["networks"], search(seed, short_one)["networks"]
    other = search(seed + 1, case["budget"])["networks"]
    return Seen(full.pop("answer"), **full, once=once, again=again, other=other)


def _trained(value: Any) -> list[Any]:
    return [network for network in value["networks"] if network["sizes"]]


def _accuracy(case: Case, network: Any, part: str) -> Any:
    """The share of a part that the trained network had right; None if it was not asked for all of it."""
    y = case["parts"][part][1]
    said = [network["says"].get(str(START[part] + i)) for i in range(len(y))]
    return None if None in said else float(np.mean(np.array(said) == y))


@verdict
def _budget(case: Case, value: Any) -> None:
    answer = value["answer"].tolist() if isinstance(value["answer"], np.ndarray) else value["answer"]
    if not same_form((0, 0, 0), answer) or any(map(np.ndim, answer)):
        hint = "Return three numbers: the two settings of the best trial, and its accuracy on the test rows."
        raise Wrong(f"expected (lr, batch_size, test_accuracy), got {short(value['answer'])}", hint)
    rows = {row for network in value["networks"] for row in network["rows"]}
    if strange := rows - set(range(SIZES["train"])):
        what = f"a network was trained on {len(strange)} rows that are none of parts['train']"
        raise Wrong(what, "What a network has learnt from cannot judge it.")
    epochs = [len(network["rows"]) / SIZES["train"] for network in _trained(value)]
    trials, each = case["budget"] // case["num_epochs"], case["num_epochs"]
    if len(epochs) != trials or not np.allclose(epochs, each):
        what = f"{len(epochs)} networks were trained, for {short(sorted(set(epochs)))} epochs"
        hint = "Use the whole budget, and no more: each trial has a new network; a network that is trained "
        raise Wrong(f"{what}; expected {trials}, each for {each}", hint + "again counts again.")


@verdict
def _drawn(case: Case, value: Any) -> None:
    rates = np.array([network["lr"] for network in _trained(value)])
    sizes = {max(network["sizes"]) for network in _trained(value)}
    different, n = len(np.unique(rates)), len(rates)
    if different < n:
        raise Wrong(f"{n} trials have {different} different learning rates", "Every trial draws its own.")
    # By chance less than once in 100 000: the mean exponent of 48 trials is -1.5 ± 0.12.
    exponents, many = np.log10(rates), n >= 48
    one_side = abs(exponents.mean() + 1.5) > 0.8 or exponents.min() > -1.4 or exponents.max() < -1.6
    if rates.min() < LOWEST * 0.999 or rates.max() > HIGHEST * 1.001 or (many and one_side):
        what = f"of {n} learning rates, from {rates.min():.3g} to {rates.max():.3g}, {sum(rates > 0.1)} are "
        what += f"above 0.1 and {sum(rates < 0.01)} below 0.01; expected about a third each"
        raise Wrong(what, "From 0.001 to 0.01 is as far as from 0.1 to 1: the exponent is uniform.")
    # Of 48 right draws one of the four is missing once in 250 000 searches; of 6, often.
    if not sizes <= {*BATCH_SIZES} or (many and len(sizes) < 4):
        hint = "Each trial draws its batch size too, one of 8, 16, 32 and 64."
        raise Wrong(f"the batch sizes of {n} trials were {sorted(sizes)}", hint)


@verdict
def _tested_once(case: Case, value: Any) -> None:
    tested = [network["tested_at"] for network in value["networks"] if network["tested_at"] is not None]
    if not tested:
        raise Wrong("no network was given test rows", "At the end the winner's network meets them, once.")
    if len(tested) > 1 or tested[0] < value["last_step"]:
        early = "test rows were looked at before the last trial was over"
        what = early if len(tested) == 1 else f"{len(tested)} networks were given test rows, expected one"
        raise Wrong(what, "If test rows help to choose, their score flatters. Only the winner meets them.")
    unscored = sum(_accuracy(case, network, "validation") is None for network in _trained(value))
    if unscored:
        what = f"{unscored} of the trained networks were not scored on all validation rows after training"
        raise Wrong(what, "Each trial ends with its accuracy on parts['validation'].")


@verdict
def _winner(case: Case, value: Any) -> None:
    (lr, batch_size, test_accuracy), networks = value["answer"], _trained(value)
    number = next((i for i, one in enumerate(networks) if np.isclose(one["lr"], lr, rtol=1e-5)), None)
    scores: list[Any] = [_accuracy(case, network, "validation") for network in networks]
    if number is None or scores[number] < max(scores) - 1e-9:
        which = "of no trial" if number is None else f"of a trial that is right on {scores[number]:.3f}"
        what = f"lr = {short(lr)} was returned, {which}; the best trial has {max(scores):.3f}"
        hint = "The trial with the highest accuracy on the validation rows wins: what did you keep of it?"
        raise Wrong(what, hint)
    used, test = max(networks[number]["sizes"]), _accuracy(case, networks[number], "test")
    if batch_size != used:
        what = f"batch_size = {short(batch_size)} was returned, but that trial used {used}"
        raise Wrong(what, "The two settings belong to one trial: keep them together with its score.")
    if test is None:
        what = f"the settings are of trial {number + 1}, whose network was not asked for all test rows"
        raise Wrong(what, "The winner's network, as it is, meets all test rows.")
    if abs(test_accuracy - test) > 1e-5:  # float32 has 7 digits; one row of 80 is 0.0125
        hint = "Return the accuracy of the winner on the test rows."
        if abs(test_accuracy - scores[number]) < 1e-5:
            hint = "That is its accuracy on the validation rows, which chose the winner, so it flatters."
        raise Wrong(f"the returned accuracy is {test_accuracy:.4f}, on the test rows it was {test:.4f}", hint)


@verdict
def _by_the_generator(case: Case, value: Any) -> None:
    def facts(name: str, fact: str) -> list[Any]:
        return [network[fact] for network in value[name]]

    hint = "All chance comes from the `rng` that is passed, in the draws and in the training."
    if any(facts("once", fact) != facts("again", fact) for fact in ("lr", "rows")):
        raise Wrong("a second search with the same generator makes other trials", hint)
    for fact, words in (("lr", "learning rates"), ("sizes", "batch sizes"), ("rows", "shuffled rows")):
        # Six batch sizes are the same by chance once in 4096 searches.
        if facts("networks", fact) == facts("other", fact) and (fact != "sizes" or len(value["other"]) >= 48):
            raise Wrong(f"a search with another generator has the same {words}", hint)


tune_in_a_budget = Task(
    id="tuning/tune_in_a_budget",
    points=4,
    signature="tune_in_a_budget(build, parts, num_epochs, budget, rng)",
    cases=_cases,
    probe=_probe,
    show=("num_epochs", "budget"),
    hints={
        "AttributeError": NAMES,
        "TypeError": "build(lr) returns model, loss, optimizer; parts['train'] is a pair (X, y).",
    },
    verdict=all_of(
        leaves_input_unchanged("parts"), _budget, _drawn, _tested_once, _winner, _by_the_generator
    ),
)
