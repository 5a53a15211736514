"""Task 4 of exercise 08: AdamW on a network's own arrays, with biases that do not decay."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import UNREADABLE, drawn_case, in_turn
from helpers.checks.task import Case

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """A layer; rates that change; a network with biases; one whose layers do not all get a gradient."""
    net: dict[str, tuple[int, ...]] = {
        "0.W": (2, 3),
        "0.b": (3,),
        "1.Wx": (1, 3),
        "2.W": (3, 3),
        "2.b": (3,),
    }
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
        parameters: dict[str, Array],
        lr: float,
        weight_decay: float = 0.01,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.parameters, self.lr, self.weight_decay = parameters, lr, weight_decay
        self.betas, self.eps, self.calls = betas, eps, 0
        self.memory: dict[str, Any] = dict.fromkeys(parameters, (0.0, 0.0, 0))

    def step(self, gradients: dict[str, Array]) -> None:
        (beta1, beta2), self.calls = self.betas, self.calls + 1
        for name, g in gradients.items():
            p, (v, s, t) = self.parameters[name], self.memory[name]
            decay = self.weight_decay if name.endswith("W") else 0.0
            t += 1
            shrunk = p - self.lr * decay * p
            v = beta1 * v + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g**2
            self.memory[name] = (v, s, t)
            way = v / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + self.eps)
            p[...] = shrunk - self.lr * way


adamw = formula_task(
    "optimizers/adamw",
    "AdamW(parameters, lr, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8)",
    points=4,
    cases=_cases,
    **in_turn(
        _AdamW,
        "Does task 3 pass, if you call it? Then work out one entry by hand: what the decay takes, "
        "and what Adam does.",
    ),
    slips=r"""
        t += 1 → t += 1; g = g + decay * p
        shrunk = … → shrunk = p
            the decay is part of the gradient: this is Adam with an L2 penalty
            What enters v and s is divided by the root of s. The decay must not pass through there.
        t += 1 → t += 1; g = g + decay * p
            the decay came twice, in the gradient and beside the step
            It stands beside the step only.
        shrunk = … → shrunk = p
            nothing decays
            A weight shrinks at each step, whatever its gradient.
        p - self.lr * decay * p → p - decay * p
            the decay is not multiplied by the learning rate
            In the example a weight of 2 loses 0.1 · 0.5 · 2 by it.
        p - self.lr * decay * p → p - self.lr * decay
            all weights lose the same by the decay
            A large weight loses more: it is a share of it.
        p - self.lr * decay * p → p + self.lr * decay * p
            the decay makes the weights larger
            It pulls them towards 0.
        shrunk = … → shrunk = p
        shrunk - self.lr * way → (p - self.lr * way) * (1 - self.lr * decay)
            the weights shrink after the step of Adam, not before
            What shrinks is the weight that the step found.
        self.calls = betas, eps, 0 → self.calls = (0.9, 0.999), 1e-8, 0
            the step was taken with the defaults of betas and eps
            Others were given to __init__: they have to reach the step.
        v / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + self.eps) → v / (np.sqrt(s) + self.eps)
            there is no bias correction
            The step is that of task 3.
        parameters, lr, weight_decay → …; self.first = lr
        shrunk = p - self.lr * → shrunk = p - self.first *
        shrunk - self.lr * way → shrunk - self.first * way
            the steps keep to the learning rate of the beginning
            The caller sets `optimizer.lr` between two steps: read self.lr in step.
        else 0.0 → else self.weight_decay
            the biases decay, too
            Only parameters whose names end in W do.
        name.endswith("W") → not name.endswith("b")
            a parameter decays that is neither weight nor bias
            Only parameters whose names end in W do.
        name.endswith("W") → name.endswith("b")
            the biases decay, and the weights do not
            It is the other way round.
        name.endswith("W") → name == "0.W"
            only the first layer decays
            All parameters whose names end in W do.
        for name, g in gradients.items(): → for name in self.parameters:
        p, (v, s, t) = … → …; g = gradients.get(name, np.zeros_like(p))
            a parameter without a gradient was moved all the same
            It is skipped, as if there were no step: no decay, no count, and v and s stay as they are.
        for name, g in gradients.items(): → for name in self.parameters:\n    END\n    g = gradients[name]
        END → if name not in gradients: break
            where a parameter had no gradient, those after it did not move
            Only this one is skipped.
        for name, g in gradients.items(): → SHRINK\nfor name, g in gradients.items():
        SHRINK → for n in set(self.parameters) - set(gradients): self.parameters[n] *= RATE
        RATE → 1 - self.lr * self.weight_decay * n.endswith("W")
            a weight without a gradient decayed all the same
            It is skipped, as if there were no step.
        t += 1 → t = self.calls
            the steps are counted for the optimizer, and "2.W" was skipped in one of them
            The correction of "2.W" asks how many gradients are in its own means.
        t += 1 → self.count = t = 1 + getattr(self, "count", 0)
            the step count goes up with every parameter, not with every step
            In the first step t is 1 for all parameters.
        self.memory[name] = (v, s, t) → self.memory = dict.fromkeys(self.memory, (v, s, t))
            all parameters share one memory
            Each parameter has its own v, s and t.
        self.memory[name] = (v, s, t) → pass
            every step is taken for the first
            What a step leaves in v, s and t, the next one needs.
        p[...] = shrunk - self.lr * way → …; return
            only the first parameter moved
            All of them take a step, each with its own gradient.
        p[...] = shrunk - self.lr * way → p[...] = shrunk + self.lr * way
            the steps go uphill
            The gradient points to where the loss grows.
        p[...] = shrunk - self.lr * way → p[...] = shrunk
            the weights shrink, and that is all that reaches the arrays
            Adam's step has to change the arrays that were passed, too: `p = …` writes into none.
    """,
    hints={
        "KeyError: '2.W'": "In the first step of this case '2.W' and '2.b' have no gradient.",
        **UNREADABLE,
    },
)
