"""Task 1 of exercise 08: SGD with momentum as PyTorch has it, on a network's own arrays."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import UNREADABLE, Arrays, Shapes, drawn_case, in_turn
from helpers.checks.task import Case


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """From one small array to several; then Nesterov, no momentum, the defaults, and rates that change."""
    pair: Shapes = {"first": (3,), "second": (3,)}
    net: Shapes = {"0.W": (2, 3), "0.b": (3,), "2.W": (3, 1), "2.b": (1,)}
    return [
        drawn_case(rng, {"w": (2,)}, 3, momentum=0.8),
        drawn_case(rng, pair, 3, momentum=0.6),
        drawn_case(rng, net, 4),
        drawn_case(rng, pair, 4, momentum=0.7, nesterov=True),
        drawn_case(rng, {"W": (2, 2)}, 3, momentum=0.0),
        drawn_case(rng, {"W": (2, 2), "b": (2,)}, 5, momentum=0.6, lr=[0.1, 0.1, 0.01, 0.01, 0.2]),
    ]


class _Momentum:
    def __init__(self, parameters: Arrays, lr: float, momentum: float = 0.9, nesterov: bool = False) -> None:
        self.parameters, self.lr = parameters, lr
        self.momentum, self.nesterov = momentum, nesterov
        self.memory = {name: np.zeros_like(p) for name, p in parameters.items()}

    def step(self, gradients: Arrays) -> None:
        lr = self.lr
        for name, g in gradients.items():
            p, old = self.parameters[name], self.memory[name]
            v = self.momentum * old + g
            self.memory[name] = v
            way = g + self.momentum * v if self.nesterov else v
            p[...] = p - lr * way


momentum = formula_task(
    "optimizers/momentum",
    "Momentum(parameters, lr, momentum=0.9, nesterov=False)",
    points=3,
    cases=_cases,
    hints=UNREADABLE,
    **in_turn(
        _Momentum,
        "Write the velocity of each step down, beginning with 0.",
        """
        v = self.momentum * old + g → v = self.momentum * old + (1 - self.momentum) * g
            the gradient entered the velocity with the factor 1 - momentum
            In this form the velocity is a sum, no mean: what is it after the first step?
        v = self.momentum * old + g → v = self.momentum * old + g if old.any() else g
            at the second step the velocity had changed by itself: it is the array of the first gradient
            `v = g` gives one array a second name, and the network writes its next gradient into it.
        way = g + self.momentum * v if self.nesterov else v → way = v
            with nesterov=True the steps are the same as without
            In the example the first step is 0.3 long with it, and 0.2 without.
        self.memory[name] = v → self.memory[name] = way = g + self.momentum * v if self.nesterov else v
            with nesterov=True the step was kept as the velocity
            The look ahead is for this step only: what is kept is v.
        v = self.momentum * old + g → v = self.momentum * old + lr * g
        way = g + self.momentum * v if → way = g + self.momentum * v / lr if
        else v → else v / lr
            when the learning rate changes, what is in the velocity still moves by the old one
            The rate is no part of v here: the one of this step multiplies all of it.
        """,
    ),
)
