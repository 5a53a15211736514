"""Task 5: a network and false labels. Judged are its answers on pictures that it never saw."""

from typing import Any

import numpy as np

from helpers import data
from helpers.checks.blocks import leaves_input_unchanged
from helpers.checks.probing import Seen, call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

NOISE, N = 0.3, 400
# In 20 draws weight decay, L2, L1, dropout and fewer epochs all keep both, each at a strength of its own.
GAP, RIGHT = 0.15, 0.8
LOGITS = "Ten logits for each picture. Which layer is the last?"


def _cases(rng: np.random.Generator) -> list[Case]:
    """Pictures whose classes have other numbers, so that digits known from elsewhere do not help."""
    cases = []
    X, digits = data.load_digits()
    for _ in range(3):
        order = rng.permutation(len(digits))
        y = rng.permutation(10)[digits[order]]
        # As many among the first N in each draw, so that luck does not move the gap.
        false = np.concatenate([rng.permutation(n) < NOISE * n for n in (N, len(y) - N)])
        given = np.where(false, (y + rng.integers(1, 10, len(y))) % 10, y)
        case = {"X": X[order[:N]] / 16, "y": given[:N], "seed": new_seed(rng), "X_new": X[order[N:]] / 16}
        cases.append({**case, "secret": [given[N:], y[N:]]})
    return cases


def _probe(learner: Any, case: Case) -> Seen:
    """What the network says of the training pictures and of new ones; and of these when trained again."""
    said = []
    for _ in range(2):
        model = call(learner, case["X"], case["y"], np.random.default_rng(case["seed"]))
        if not hasattr(model, "leaves"):
            return Seen(type(model).__name__, none=True)
        model.eval()
        logits = [np.asarray(model.forward(case[name])) for name in ("X", "X_new")]
        said.append([z.argmax(axis=-1) for z in logits])
    return Seen("a network", none=False, shape=logits[0].shape, said=said[0], again=said[1])


@verdict
def _closed(case: Case, value: Any) -> None:
    if value["none"]:
        what = f"expected a network, got something of type {value['answer']}"
        raise Wrong(what, "End with `return model`, the network that was trained.")
    (on_training, on_new), (given, right) = value["said"], case["secret"]
    if value["shape"] != [N, 10]:
        raise Wrong(f"for {N} pictures the shape of what the network says is {tuple(value['shape'])}", LOGITS)
    training, validation = np.mean(on_training == case["y"]), np.mean(on_new == given)
    true, gap = np.mean(on_new == right), training - validation
    what = f"accuracy on the training pictures {training:.3f}, on new ones {validation:.3f}: the gap is "
    what += f"{gap:.3f}\nof the new pictures {true:.3f} get their true digit"
    if len(set(on_new.tolist())) == 1:
        raise Wrong(what, f"It says {on_new[0]} of every new picture: a small gap alone is worth nothing.")
    if gap > GAP:
        hint = f"The gap is to be {GAP} or less. About {1 - NOISE:g} of the labels in y are true, "
        raise Wrong(what, f"{hint}and the network agrees with {training:.3f} of them.")
    if true < RIGHT:
        hint = f"The gap is small enough. But {RIGHT} or more of the new pictures have to be right"
        raise Wrong(what, hint + (", and the training pictures fare no better." if training < 0.6 else "."))
    if not np.array_equal(on_new, value["again"][1]):
        what = "the same pictures and the same rng gave another network the second time"
        raise Wrong(what, "All chance comes from the `rng` that is passed.")


close_the_gap = Task(
    "overfitting/close_the_gap",
    points=4,
    signature="close_the_gap(X, y, rng)",
    cases=_cases,
    probe=_probe,
    show=("X", "y"),
    hints={
        "ValueError: y must hold": "Ten logits for each picture, and the labels 0 to 9 as they are in y.",
        "ValueError": "Write the shapes of this line down: X is (n, 64), y is (n,).",
        "TimeIsUp": "The network of the task trains in a fraction of a second. The check trains yours six "
        "times: for how many epochs?",
    },
    verdict=all_of(leaves_input_unchanged("X", "y"), _closed),
)
