"""Task 4 of exercise 08: AdamW on a network's own arrays, with biases that do not decay."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import UNREADABLE, Arrays, Shapes, drawn_case, in_turn
from helpers.checks.task import Case


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """A layer; rates that change; a network with biases; one whose layers do not all get a gradient."""
    net: Shapes = {"0.W": (2, 3), "0.b": (3,), "1.Wx": (1, 3), "2.W": (3, 3), "2.b": (3,)}
    own = {"weight_decay": 0.5, "betas": (0.8, 0.9), "eps": 0.1}
    cases = [
        drawn_case(rng, {"0.W": (1, 2), "0.b": (2,)}, 2, **own),
        drawn_case(rng, {"0.W": (2, 2)}, 3, **own, lr=[0.1, 0.02, 0.2]),
        drawn_case(rng, net, 3, weight_decay=0.2),
        drawn_case(rng, net, 4, **own, lr=0.05),
        drawn_case(rng, net, 3),
        drawn_case(rng, {"1.W": (2, 2), "1.b": (2,)}, 3, weight_decay=0.0),
    ]
    for step, name in ((0, "2.W"), (0, "2.b"), (2, "0.W"), (2, "2.b")):
        del cases[3]["gradients"][step][name]
    return cases


class _AdamW:
    def __init__(
        self,
        parameters: Arrays,
        lr: float,
        weight_decay: float = 0.01,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
    ) -> None:
        self.parameters, self.lr, self.weight_decay = parameters, lr, weight_decay
        self.betas, self.eps = betas, eps
        self.memory: dict[str, Any] = dict.fromkeys(parameters, (0.0, 0.0, 0))

    def step(self, gradients: Arrays) -> None:
        lr = self.lr
        beta1, beta2 = self.betas
        for name, g in gradients.items():
            p, (v, s, t) = self.parameters[name], self.memory[name]
            decay = self.weight_decay if name.endswith("W") else 0.0
            p -= lr * decay * p
            t += 1
            v = beta1 * v + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g**2
            self.memory[name] = (v, s, t)
            way = v / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + self.eps)
            p[...] = p - lr * way


adamw = formula_task(
    "optimizers/adamw",
    "AdamW(parameters, lr, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)",
    points=4,
    cases=_cases,
    hints={
        "KeyError: '2.W'": "In the first step of this case '2.W' and '2.b' have no gradient.",
        **UNREADABLE,
    },
    **in_turn(
        _AdamW,
        "Does task 3 pass, if you call it? Then work out one entry by hand: what the decay takes, and what "
        "Adam does.",
        """
        p -= lr * decay * p → g = g + decay * p
            the decay is part of the gradient: this is Adam with an L2 penalty
            What enters v and s is divided by the root of s. The decay must not pass through there.
        p -= lr * decay * p → pass
        p[...] = p - lr * way → …; p -= lr * decay * p
            the weights shrink after the step of Adam, not before
            What shrinks is the weight that the step found.
        else 0.0 → else self.weight_decay
            the biases decay, too
            Only parameters whose names end in W do.
        for name, g in gradients.items(): → for name in self.parameters:
        p, (v, s, t) = … → …; g = gradients.get(name, np.zeros_like(p))
            a parameter without a gradient was moved all the same
            It is skipped, as if there were no step: no decay, no count, and v and s stay as they are.
        lr = self.lr → …; self.calls = 1 + getattr(self, "calls", 0)
        t += 1 → t = self.calls
            the steps are counted for the optimizer, and "2.W" was skipped in one of them
            The correction of "2.W" asks how many gradients are in its own means.
        """,
    ),
)
