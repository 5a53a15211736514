"""Task 1 of exercise 08: SGD with momentum as PyTorch has it, on a network's own arrays."""

from collections.abc import Sequence

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import UNREADABLE, drawn_case, in_turn
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """From one small array to several; then Nesterov, no momentum, the defaults, and rates that change."""
    pair: dict[str, tuple[int, ...]] = {"first": (3,), "second": (3,)}
    net: dict[str, tuple[int, ...]] = {"0.W": (2, 3), "0.b": (3,), "2.W": (3, 1), "2.b": (1,)}
    return [
        drawn_case(rng, {"w": (2,)}, 3, momentum=0.8),
        drawn_case(rng, pair, 3, momentum=0.6),
        drawn_case(rng, net, 4),
        drawn_case(rng, pair, 4, momentum=0.7, nesterov=True),
        drawn_case(rng, {"W": (2, 2)}, 3, momentum=0.0),
        drawn_case(rng, {"W": (2, 2), "b": (2,)}, 5, momentum=0.6, lr=[0.1, 0.1, 0.01, 0.01, 0.2]),
    ]


class _Momentum:
    def __init__(
        self, parameters: dict[str, Array], lr: float, momentum: float = 0.9, nesterov: bool = False
    ) -> None:
        self.parameters = parameters
        self.lr = lr
        self.momentum, self.nesterov = momentum, nesterov
        self.v = {name: np.zeros_like(p) for name, p in parameters.items()}

    def step(self, gradients: dict[str, Array]) -> None:
        for name, g in gradients.items():
            p, old = self.parameters[name], self.v[name]
            v = self.momentum * old + g
            self.v[name] = v
            way = g + self.momentum * v if self.nesterov else v
            p -= self.lr * way


momentum = formula_task(
    "optimizers/momentum",
    "Momentum(parameters, lr, momentum=0.9, nesterov=False)",
    points=3,
    cases=_cases,
    **in_turn(_Momentum, "Write the velocity of each step down, beginning with 0."),
    slips="""
        p -= self.lr * way → p += self.lr * way
            the parameters went uphill
            The gradient points to where the loss grows.
        p -= self.lr * way → p -= way
            the steps were not multiplied by the learning rate
            In the example the first one is 0.1 · 2.
        v = self.momentum * old + g → v = self.momentum * old + (1 - self.momentum) * g
            the gradient entered the velocity with the factor 1 - momentum
            In this form the velocity is a sum, no mean: what is it after the first step?
        v = self.momentum * old + g → v = self.momentum * (old + g)
            the gradient entered the velocity with the factor momentum
            Only what is old fades. In the example v is 2 after the first step.
        v = self.momentum * old + g → v = old + g
            the velocity is the sum of all gradients, and nothing fades
            A share of the old velocity is kept: which number of __init__ says how much?
        v = self.momentum * old + g → v = g
            each step is that of its gradient alone: of the velocity before nothing is left
            Between two steps the velocity stays in the object.
        if self.nesterov else v → if self.nesterov else old
            each step goes by the velocity of the step before
            First the gradient enters the velocity, then the parameters move by it.
        self.v[name] = v → self.v = dict.fromkeys(self.v, v)
            all parameters share one velocity
            Each parameter has its own: the second one begins with 0, too.
        v = self.momentum * old + g → v = self.momentum * old + g if old.any() else g
            at the second step the velocity had changed by itself: it is the array of the first gradient
            `v = g` gives one array a second name, and the network writes its next gradient into it.
        p -= self.lr * way → …; return
            only the first parameter moved
            All of them take a step, each with its own gradient.
        way = g + self.momentum * v if self.nesterov else v → way = v
            with nesterov=True the steps are the same as without
            In the example the first step is 0.3 long with it, and 0.2 without.
        way = g + self.momentum * v if self.nesterov else v → way = g + self.momentum * v
            Nesterov's step was taken although nesterov is False
            Without it, the parameters move by v alone.
        way = g + self.momentum * v if → way = self.momentum * v if
            with nesterov=True the gradient itself is missing from the step
            In the example the first step is 0.1 · 3: what is the 3 made of?
        way = g + self.momentum * v if → way = v + self.momentum * v if
            with nesterov=True the old velocity is in the step twice
            In the example the second step is 0.1 · 3.5: what is the 3.5 made of?
        way = g + self.momentum * v if → way = g + v if
            with nesterov=True the gradient and all of the new velocity were added
            In the example the first step is 0.1 · 3, not 0.1 · 4.
        self.v[name] = v → self.v[name] = way = g + self.momentum * v if self.nesterov else v
            with nesterov=True the step was kept as the velocity
            The look ahead is for this step only: what is kept is v.
        self.lr = lr → self.lr = self.first = lr
        p -= self.lr * way → p -= self.first * way
            the steps keep to the learning rate of the beginning
            The caller sets `optimizer.lr` between two steps: read self.lr in step.
        v = self.momentum * old + g → v = self.momentum * old + self.lr * g
        way = g + self.momentum * v if → way = g + self.momentum * v / self.lr if
        else v → else v / self.lr
            when the learning rate changes, what is in the velocity still moves by the old one
            The rate is no part of v here: the one of this step multiplies all of it.
    """,
    hints=UNREADABLE,
)
