"""What tasks 1 and 4 share: an optimizer is an object that moves a dict of arrays, in place.

Two of them are made from equal starts and take equal steps in turn, so that what one keeps cannot hide in
the other. The arrays of the gradients are used again for every step, as a network's are.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.checks.blocks import expected_and_got
from helpers.checks.formula import of_answer, slips_of
from helpers.checks.plain import same_plain
from helpers.checks.probing import Seen
from helpers.checks.task import Case, Verdict, Wrong, verdict
from helpers.checks.watched import near

Array = np.ndarray
Arrays = dict[str, Array]
Shapes = dict[str, tuple[int, ...]]
IN_PLACE = (
    "The arrays that were passed have to change, for they are the network's. `p = p - …` only gives a new "
    "array the name p; `p -= …` and `p[...] = …` write into the old one."
)
UNREADABLE = {
    "AttributeError": "The two methods are __init__ and step, indented alike. What step reads as self.name, "
    "__init__ has to keep under that name.",
    "NameError": "What __init__ was given, step reads as self.name, where __init__ has kept it so.",
    "ValueError: operands": "Each parameter has its own shape, and so has all that is kept for it.",
    "ValueError: non-broadcastable": "Each parameter has its own shape, and so has all that is kept for it.",
}


# What people write in either optimizer: changes of lines that the right answers of both tasks have.
SLIPS = """
    p[...] = p - lr * way → p[...] = p + lr * way
        the steps go uphill
        The gradient points to where the loss grows.
    p[...] = p - lr * way → …; return
        only the first parameter moved
        All of them take a step, each with its own gradient.
    lr = self.lr → lr = self.first = getattr(self, "first", self.lr)
        the steps keep to the learning rate of the beginning
        The caller sets `optimizer.lr` between two steps: read self.lr in step.
    self.memory[name] = … → …; self.memory = dict.fromkeys(self.memory, self.memory[name])
        all parameters share one memory
        Each parameter has its own.
"""


class _Side:
    """One optimizer, its parameters and the arrays that hold their gradients."""

    def __init__(self, learner: Any, case: Case):
        self.arrays = {name: array.copy() for name, array in case["parameters"].items()}
        self.passed = dict(self.arrays)
        self.gradients = {name: np.zeros_like(array) for name, array in self.arrays.items()}
        self.optimizer = learner(self.passed, lr=case["lr"][0], **case["settings"])
        self.path: dict[str, list[Array]] = {name: [] for name in self.arrays}

    def step(self, lr: float, gradients: Arrays) -> bool:
        """Take a step; whether it changed what it was given as gradients."""
        self.optimizer.lr = lr
        for name, g in gradients.items():
            self.gradients[name][...] = g
        given = {name: self.gradients[name] for name in gradients}
        self.optimizer.step(given)
        for name, array in self.arrays.items():
            self.path[name].append(array.copy())
        return not same_plain(given, gradients)


def two_in_turn(learner: Any, case: Case) -> Seen:
    """The path of each parameter, shape (steps, …), and beside it that of the second optimizer."""
    first, second = _Side(learner, case), _Side(learner, case)
    changes = False
    for lr, gradients in zip(case["lr"], case["gradients"], strict=True):
        changes |= first.step(lr, gradients)
        second.step(lr, gradients)
    replaced = [name for name, array in first.passed.items() if array is not first.arrays.get(name)]
    answer, twin = ([np.array(one) for one in side.path.values()] for side in (first, second))
    return Seen(answer, twin=twin, replaced=replaced, changes=changes)


@verdict
def in_place(case: Case, value: Any) -> None:
    """The arrays that were passed are in their places, the gradients have not changed."""
    if value["changes"]:
        raise Wrong("step changed the gradients that it was given", "They are the network's: only read them.")
    if value["replaced"]:
        what = f"under {value['replaced'][0]!r} another array was put into the dict of the parameters"
        raise Wrong(what, IN_PLACE)


@verdict
def apart(case: Case, value: Any) -> None:
    """What two optimizers keep does not mix."""
    if not all(near(one, other) for one, other in zip(value["answer"], value["twin"], strict=True)):
        raise Wrong(
            "two optimizers were made from the same start and got the same gradients, but go different ways",
            "What an optimizer keeps belongs to the one object: made in __init__, as self.…",
        )


def first_off(right: Callable[..., Any], hint: str) -> Verdict:
    """A verdict that names the first step after which a parameter is off."""

    @of_answer
    def judge(case: Case, value: Any) -> None:
        want = two_in_turn(right, case).value["answer"]
        for step in range(len(case["lr"])):
            for name, ours, theirs in zip(case["parameters"], want, value, strict=True):
                if not near(theirs[step], ours[step]):
                    if (theirs == case["parameters"][name]).all():
                        raise Wrong(f"{name!r} has not moved", IN_PLACE)
                    both = expected_and_got(ours[step], theirs[step])
                    before = " What came before this step is right." if step else ""
                    raise Wrong(f"after step {step + 1} {name!r} is off\n{both}", hint + before)

    return judge


def in_turn(right: Callable[..., Any], hint: str, slips: str) -> dict[str, Any]:
    """What formula tasks about such an object have in common; `hint` is for the first step that is off."""
    return {
        "right": right,
        "slips": [*slips_of(right, SLIPS), *slips_of(right, slips)],
        "probe": two_in_turn,
        "rules": [in_place, apart],
        "last_rules": [first_off(right, hint)],
        "parts": "",
        "rtol": 1e-5,  # of paths in float32
        "atol": 1e-6,
    }


def away_from_0(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Numbers of both signs in which no sign and no square hides."""
    return (rng.uniform(0.3, 2.0, shape) * rng.choice([-1, 1], shape)).round(2)


def drawn_case(rng: np.random.Generator, shapes: Shapes, num_steps: int, **settings: Any) -> Case:
    """Parameters of these shapes and a gradient of each for every step. `lr` may be one number or many."""
    lr = settings.pop("lr", 0.1)

    def some() -> Arrays:
        return {name: away_from_0(rng, shape) for name, shape in shapes.items()}

    return {
        "parameters": some(),
        "gradients": [some() for _ in range(num_steps)],
        "lr": lr if isinstance(lr, list) else [lr] * num_steps,
        "settings": settings,
    }
