"""Task 3 of exercise 10: a random search on digits in a budget of epochs. What is judged is the protocol.

Every network that the learner's function asks for writes into one journal. The verdict reads from it how
long each was trained, with which rows, on which it was scored, and when.
"""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.plain import short
from helpers.checks.probing import call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Rule, Task, all_of
from helpers.checks.training_loop.loop import NAMES
from helpers.checks.training_loop.watched import (
    Journal,
    WatchedLoss,
    WatchedModel,
    WatchedSGD,
    layers,
    steps_of,
)

LOWEST, HIGHEST = 1e-3, 1.0
BATCH_SIZES = (8, 16, 32, 64)
SIZES = {"train": 76, "validation": 80, "test": 80}  # of the 1797 pictures, so that a check takes no second
ASKED = [(1, 48), (2, 13)]  # epochs of a trial, budget: 48 and 6 trials; one epoch of 13 makes no trial


def _cases(rng: np.random.Generator) -> list[Case]:
    X, y = data.load_digits()
    cases = []
    for num_epochs, budget in ASKED:
        train, validation, test = np.split(rng.permutation(len(y))[: sum(SIZES.values())], [76, 156])
        parts = {
            name: (X[rows] / 16, y[rows])
            for name, rows in [("train", train), ("validation", validation), ("test", test)]
        }
        cases.append({"parts": parts, "num_epochs": num_epochs, "budget": budget, "seed": new_seed(rng)})
    return cases


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    """A search with its journal; what two short ones try and answer; and one of another generator."""

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
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        return {"answer": answer, "rates": rates, "events": journal.events}

    def shortly(seed: int) -> list[Any]:
        seen = search(seed, budget=2 * case["num_epochs"])
        shuffled = [network["rows"] for network in _read(seen)["networks"]]
        return [seen["rates"], seen["answer"], shuffled]

    seed = case["seed"]
    again = {"once": shortly(seed), "again": shortly(seed), "other": shortly(seed + 1)}
    return {**_read(search(seed, case["budget"])), **again}


def _read(search: dict[str, Any]) -> dict[str, Any]:
    """The journal in short: for each network its steps and what it said after them, row by row."""
    events, steps = search["events"], steps_of(search["events"])
    networks: list[dict[str, Any]] = [
        {"lr": lr, "sizes": [], "rows": [], "says": {}, "tested_at": None} for lr in search["rates"]
    ]
    for step in steps:
        networks[step["model"]]["sizes"].append(len(step["rows"]))
        networks[step["model"]]["rows"].extend(step["rows"].tolist())
    for place, event in enumerate(events):
        if event["did"] == "step":
            networks[event["model"]]["says"] = {}  # what it said before its last step is out of date
        if event["did"] == "forward":
            network = networks[event["model"]]
            said = zip(event["rows"].tolist(), event["says"].tolist(), strict=True)
            network["says"].update({str(row): label for row, label in said})
            if network["tested_at"] is None and (event["rows"] >= _START["test"]).any():
                network["tested_at"] = place
    last_step = max((i for i, event in enumerate(events) if event["did"] == "step"), default=-1)
    return {"answer": search["answer"], "networks": networks, "last_step": last_step}


_START = {"train": 0, "validation": SIZES["train"], "test": SIZES["train"] + SIZES["validation"]}


def _trials(case: Case) -> int:
    return case["budget"] // case["num_epochs"]


def _networks(value: Any) -> list[Any]:
    """The networks that were trained."""
    return [network for network in value["networks"] if network["sizes"]]


def _epochs(network: Any) -> float:
    return len(network["rows"]) / SIZES["train"]


def _spent(value: Any) -> float:
    return sum(map(_epochs, _networks(value)))


def _accuracy(case: Case, network: Any, part: str) -> Any:
    """The share of a part that the trained network had right; None if it was not asked for all of it."""
    start, y = _START[part], case["parts"][part][1]
    said = [network["says"].get(str(start + i)) for i in range(len(y))]
    return None if None in said else float(np.mean(np.array(said) == y))


def _rates(value: Any) -> np.ndarray:
    return np.array([network["lr"] for network in _networks(value)])


def _batch_sizes(value: Any) -> list[int]:
    return [max(network["sizes"]) for network in _networks(value)]


def _log_uniform(case: Case, value: Any) -> bool:
    """Right rates fail with a chance of less than 1 in 100 000: the mean is -1.5 ± 0.12 with 48 trials."""
    exponents = np.log10(_rates(value))
    return _trials(case) < 48 or bool(exponents.mean() <= -0.7 and exponents.min() <= np.log10(0.04))


def _chosen(case: Case, value: Any) -> Any:
    """The network of the answer's learning rate."""
    lr = value["answer"][0]
    return next((net for net in _networks(value) if np.isclose(net["lr"], lr, rtol=1e-9)), None)


def _best(case: Case, value: Any) -> float:
    return max(_accuracy(case, network, "validation") or 0.0 for network in _networks(value))


def _not_best(case: Case, value: Any) -> str:
    network = _chosen(case, value)
    return (
        f"lr = {network['lr']:.4g} was chosen, right on {_accuracy(case, network, 'validation'):.3f} of the "
        f"validation rows; the best trial has {_best(case, value):.3f}"
    )


def _has_the_form(case: Case, value: Any) -> bool:
    answer = value["answer"]
    return isinstance(answer, list) and len(answer) == 3 and all(np.ndim(part) == 0 for part in answer)


def _tested(value: Any) -> list[Any]:
    return [network for network in value["networks"] if network["tested_at"] is not None]


tune_in_a_budget = Task(
    id="tuning/tune_in_a_budget",
    points=4,
    signature="tune_in_a_budget(build, parts, num_epochs, budget, rng)",
    cases=_cases,
    probe=_probe,
    show=("num_epochs", "budget"),
    hints={
        "AttributeError": NAMES,
        "TypeError": "build(lr) returns three things, model, loss, optimizer; parts['train'] is a pair (X, "
        "y).",
        "IndexError": "If you take the best trial from a list, take it by its place in the same list.",
    },
    verdict=all_of(
        leaves_input_unchanged("parts"),
        Rule(
            lambda case, value: f"expected (lr, batch_size, test_accuracy), got {short(value['answer'])}",
            _has_the_form,
            "Return three numbers: the two settings of the best trial, and the accuracy of its network on "
            "the test rows.",
        ),
        Rule(
            "no network was trained",
            lambda case, value: len(_networks(value)) > 0,
            "model, loss, optimizer = build(lr), and then your `train` with parts['train'].",
        ),
        Rule(
            "a network was trained on validation or test rows",
            lambda case, value: all(
                set(net["rows"]) <= set(range(SIZES["train"])) for net in _networks(value)
            ),
            "Train on parts['train'] only. What a network has learnt from cannot judge it.",
        ),
        Rule(
            lambda case, value: (
                f"{len(_networks(value))} network was trained for {_spent(value):g} epochs, trial after trial"
            ),
            lambda case, value: len(_networks(value)) > 1 or _spent(value) <= case["num_epochs"],
            "Every trial starts from a new network: call build(lr) in the loop. Otherwise a trial "
            "continues where the one before ended.",
        ),
        Rule(
            lambda case, value: f"{_spent(value):g} epochs were spent, the budget is {case['budget']}",
            lambda case, value: _spent(value) <= case["budget"] + 1e-9,
            "Every epoch of every network counts. There are budget // num_epochs trials, and the winner is "
            "already trained: keep its network instead of training again.",
        ),
        Rule(
            lambda case, value: (
                f"a trial had {min(map(_epochs, _networks(value))):g} epochs, another "
                f"{max(map(_epochs, _networks(value))):g}; expected {case['num_epochs']} for each"
            ),
            lambda case, value: all(
                abs(_epochs(net) - case["num_epochs"]) < 1e-9 for net in _networks(value)
            ),
            "Equal chances: every trial trains for num_epochs epochs.",
        ),
        Rule(
            lambda case, value: (
                f"{len(_networks(value))} trials were made; a budget of {case['budget']} epochs is enough "
                f"for {_trials(case)}"
            ),
            lambda case, value: len(_networks(value)) == _trials(case),
            "Use the whole budget: budget // num_epochs trials.",
        ),
        Rule(
            lambda case, value: (
                f"learning rates from {_rates(value).min():.3g} to {_rates(value).max():.3g} were tried"
            ),
            lambda case, value: bool(
                (_rates(value) >= LOWEST * 0.999).all() and (_rates(value) <= HIGHEST * 1.001).all()
            ),
            "Learning rates lie between 0.001 and 1: 10 to the power of an exponent between -3 and 0.",
        ),
        Rule(
            lambda case, value: (
                f"{len(_rates(value))} trials have {len(np.unique(_rates(value)))} different learning rates"
            ),
            lambda case, value: len(np.unique(_rates(value))) == len(_rates(value)),
            "In a random search every trial draws its own learning rate. A grid repeats a few, and a rate "
            "drawn before the loop is only one.",
        ),
        Rule(
            lambda case, value: (
                f"{int((_rates(value) > 0.1).sum())} of {len(_rates(value))} learning rates are above 0.1, "
                f"and {int((_rates(value) < 0.01).sum())} below 0.01; expected about a third each"
            ),
            _log_uniform,
            "From 0.001 to 0.01 is as far as from 0.1 to 1: draw the exponent, uniformly from -3 to 0, and "
            "take 10 to its power.",
        ),
        Rule(
            lambda case, value: (
                f"the batch sizes of {len(_networks(value))} trials were {sorted(set(_batch_sizes(value)))}"
            ),
            lambda case, value: (
                set(_batch_sizes(value)) <= {*BATCH_SIZES}
                # Of 48 right draws one of the four is missing once in 250 000 searches; of 6, often.
                and (_trials(case) < 48 or len(set(_batch_sizes(value))) == len(BATCH_SIZES))
            ),
            "Each trial draws its batch size too, one of 8, 16, 32 and 64.",
        ),
        Rule(
            lambda case, value: f"{len(_tested(value))} networks saw the test rows",
            lambda case, value: len(_tested(value)) <= 1,
            "Choose by the validation rows. If test rows help to choose, their score flatters: only the "
            "winner meets them, once.",
        ),
        Rule(
            "not every trial was scored on all validation rows, after its training",
            lambda case, value: all(
                _accuracy(case, net, "validation") is not None for net in _networks(value)
            ),
            "Each trial: build, train, then accuracy(model, *parts['validation']).",
        ),
        Rule(
            "test rows were looked at before the last trial was over",
            lambda case, value: all(net["tested_at"] > value["last_step"] for net in _tested(value)),
            "First choose among all trials, then test, once.",
        ),
        Rule(
            lambda case, value: f"no trial had the learning rate {short(value['answer'][0])}",
            lambda case, value: _chosen(case, value) is not None,
            "Return the learning rate itself first, not its exponent or the number of the trial.",
        ),
        Rule(
            _not_best,
            lambda case, value: (
                _accuracy(case, _chosen(case, value), "validation") >= _best(case, value) - 1e-9
            ),
            "Choose the trial with the highest accuracy on the validation rows.",
        ),
        Rule(
            lambda case, value: (
                f"batch_size = {short(value['answer'][1])} was returned, but that trial used "
                f"{max(_chosen(case, value)['sizes'])}"
            ),
            lambda case, value: value["answer"][1] == max(_chosen(case, value)["sizes"]),
            "Keep the settings of a trial together with its score; after the loop lr and batch_size are "
            "those of the last trial.",
        ),
        Rule(
            "the network that met the test rows is not the one of the best trial",
            lambda case, value: _accuracy(case, _chosen(case, value), "test") is not None,
            "Keep the network of the best trial, and test that one on all test rows. After the loop, "
            "`model` is that of the last trial.",
        ),
        Rule(
            lambda case, value: (
                f"the returned accuracy is {value['answer'][2]:.4f}, on the test rows it was "
                f"{_accuracy(case, _chosen(case, value), 'test'):.4f}"
            ),
            lambda case, value: (
                abs(value["answer"][2] - _accuracy(case, _chosen(case, value), "test")) < 1e-9
            ),
            "Return the accuracy on the test rows. The one on the validation rows chose the winner, so it "
            "flatters.",
        ),
        Rule(
            "the trials do not come from the generator that was passed, or not from it alone",
            lambda case, value: (
                value["again"] == value["once"]
                and value["other"][0] != value["once"][0]  # the learning rates
                and value["other"][2] != value["once"][2]  # the shuffled rows of each network
            ),
            "All chance comes from `rng`, so that others can repeat your search; make no generator of your "
            "own, for the shuffling neither.",
        ),
    ),
)
