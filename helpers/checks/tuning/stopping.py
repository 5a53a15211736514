"""Task 2 of exercise 10: stop when validation no longer improves, and go back to the best epoch.

The validation losses are written in the case; training only moves the parameters, so that each epoch can
be told from its weights.
"""

from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Wrong, verdict
from helpers.nn import Linear, Sequential

NAN = float("nan")
UNTRAINED = 9.0  # the loss before the first epoch, and after those that are written in the case


def _cases(rng: np.random.Generator) -> list[Case]:
    """Each curve catches mistakes of one sort; the numbers in it are random."""
    low = np.sort(rng.uniform(0.2, 0.6, size=4))[::-1].round(3)  # falls
    low[-1] -= 0.01  # by at least so much at the end
    a, b = float(low[-1]) + 0.05, float(low[-1]) + 0.1  # a < b: worse than the best
    rises = low[-1] + np.sort(rng.uniform(0.05, 0.5, size=12))
    curves = [
        ([*low, *rises], 3, 30),
        # All losses are large, as those of prices in thousands.
        ([*(20 + 10 * low), *(20 + 10 * rises)], 2, 30),
        # Twice worse, then better than ever; then b, a, b: better than the epoch before, not than the best.
        ([*(low + 0.5), b + 0.6, a + 0.6, *low, b, a, b, a, b, a, b], 3, 40),
        ([*low, *[low[-1]] * 3, 0.1, 0.1, 0.1, 0.1], 3, 40),
        ([*low, b, b, b, a], 10, 7),
        ([*low, NAN, b, NAN, low[-1] - 0.01, NAN, b], 2, 40),
        ([NAN, *low, NAN, b], 2, 40),
        ([*low, b, 0.05, 0.04], 1, 40),
        ([*low, *(low[-1] - 5e-7 * np.arange(1, 4)), b, b], 2, 40),  # better by little is better
    ]
    return [
        {
            "validation_losses": [round(float(loss), 7) for loss in losses],
            "patience": patience,
            "max_epochs": max_epochs,
            "seed": new_seed(rng),
        }
        for losses, patience, max_epochs in curves
    ]


def _probe(learner: Any, case: Case) -> Seen:
    """Run it on a model whose parameters change at random, and tell when the loss was asked for."""
    rng, losses = np.random.default_rng(case["seed"]), [UNTRAINED, *case["validation_losses"]]
    layer = Linear(3, 2, rng=rng)
    model, asked = Sequential(layer), []

    def weights() -> np.ndarray:
        return np.concatenate([layer.W.ravel(), layer.b.ravel()])

    path = [weights()]

    def train_epoch() -> float:
        model.flat += rng.normal(size=model.flat.shape)
        path.append(weights())
        return 1 / len(path)  # as a training loss; whoever takes it for the other has asked for no other

    def validation_loss() -> float:
        epoch = len(path) - 1
        asked.append(epoch)
        return losses[epoch] if epoch < len(losses) else UNTRAINED

    for function in (train_epoch, validation_loss):  # an error names it so
        function.__qualname__ = function.__name__
    answer = call(learner, model, train_epoch, validation_loss, case["patience"], case["max_epochs"])
    held = [epoch for epoch, one in enumerate(path) if np.allclose(one, weights(), rtol=1e-6, atol=1e-6)]
    return Seen(answer, ran=len(path) - 1, asked=asked, held=held)


def _stopped(
    model: Any, train_epoch: Any, validation_loss: Any, patience: int, max_epochs: int
) -> tuple[int, np.ndarray]:
    best, best_epoch, losses, kept = float("inf"), 0, [], model.flat.copy()
    for epoch in range(1, max_epochs + 1):
        train_epoch()
        losses.append(validation_loss())
        if losses[-1] < best:
            best, best_epoch, kept = losses[-1], epoch, model.flat.copy()
        if epoch - best_epoch >= patience:
            break
    model.flat[...] = kept
    return best_epoch, np.array(losses)


@verdict
def _epoch_by_epoch(case: Case, value: Any) -> None:
    ran, asked, answer = value["ran"], value["asked"], value["answer"]
    if not 0 < ran <= case["max_epochs"]:
        hint = "Each epoch: train_epoch(), then validation_loss(). max_epochs is the most that may be run."
        raise Wrong(f"{ran} epochs were run, and max_epochs is {case['max_epochs']}", hint)
    for epoch in range(1, ran + 1):
        if asked.count(epoch) != 1:
            early = "before the first epoch, and " if 0 in asked and epoch not in asked else ""
            what = f"validation_loss() was called {early}{asked.count(epoch)} times after epoch {epoch}"
            raise Wrong(what, "Each epoch: train_epoch(), then validation_loss() once; keep the number.")
    if isinstance(answer, list) and len(answer) == 2 and np.shape(answer[1]) not in ((), (ran,)):
        hint = "The list has the validation loss of every epoch that was run, the last ones too."
        raise Wrong(f"{ran} epochs were run, and the list has {len(answer[1])} losses", hint)


@verdict
def _back_at_the_best(case: Case, value: Any) -> None:
    best, held, ran = int(value["answer"][0]), value["held"], value["ran"]
    if best not in held and best == _probe(_stopped, case).value["answer"][0]:
        what = f"those of epoch {held[0]}" if held else "those of no epoch"
        what += f" ({ran} were run, and max_epochs is {case['max_epochs']})"
        hint = "Look at model.flat in the best epoch and just before you return: is what you kept an array "
        hint += "of its own, and are its numbers back in model.flat itself, on every way out?"
        raise Wrong(f"the best epoch is {best}, but the model's weights are {what}", hint)


early_stopping = formula_task(
    "tuning/early_stopping",
    "early_stopping(model, train_epoch, validation_loss, patience, max_epochs)",
    points=3,
    cases=_cases,
    probe=_probe,
    show=("validation_losses", "patience", "max_epochs"),
    rules=[_epoch_by_epoch],
    right=_stopped,
    last_rules=[_back_at_the_best],
    slips="""
        >= patience → > patience
            training went on for one epoch after the patience-th in a row without a new best
            The patience-th epoch without a new best is the last one: count on the example of the task.
        best, best_epoch, losses, kept = … → …; waited = 0
        losses.append(validation_loss()) → …; waited += not losses[-1] < best
        epoch - best_epoch >= patience → waited >= patience
            training stopped after `patience` epochs without a new best, but not in a row
            A new best starts the waiting anew.
        epoch - best_epoch >= patience → epoch > 1 and losses[-1] > losses[-2]
            training stopped at the first loss above the one before
            Stop when so many epochs in a row, as `patience` says, had no new best.
        if losses[-1] < best: → if losses[-1] < (losses[-2:-1] or [best])[0]:
            a loss that was lower than the one before, and not than all before, counted as a new best
            With what do you compare?
        losses[-1] < best → losses[-1] <= best
            a loss equal to the best counted as a new best
            A new best is lower than all before.
        losses[-1] < best → not losses[-1] >= best
            a loss that is NaN counted as a new best
            Every comparison with NaN is False, `nan >= best` too.
        losses[-1] < best → best == float("inf") or losses[-1] < best
            the first loss, NaN, counted as the best, and nothing is lower than NaN
            NaN is no new best, the first loss neither: which number is every loss lower than?
        losses[-1] < best → losses[-1] < best - 1e-4
            a loss that was lower than all before by less than 0.0001 did not count as a new best
            Lower is lower, by however little.
        float("inf") → 10.0
            no loss counted as a new best
            With which value does the best loss begin? Here all losses are above 20.
    """,
    parts={
        "best_epoch": "Its loss is lower than all before, none later is lower; NaN never is.",
        "losses": "One for each epoch, to the patience-th in a row without a new best, or to max_epochs.",
    },
    form="Return two things: the number of the best epoch, and the list of the validation losses.",
    hints={
        "TypeError": "train_epoch() and validation_loss() take no argument; each returns one number.",
        "UnboundLocalError": "In this run no line before has given that name a value. Was there a new best?",
    },
)
