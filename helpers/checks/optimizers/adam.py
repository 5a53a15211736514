"""Task 3 of exercise 08: one step of Adam, whose memory comes in and goes out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task
from helpers.checks.optimizers.steps import away_from_0
from helpers.checks.plain import same_form, same_plain, short, to_plain
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Wrong, verdict

Array = np.ndarray
NAMES = ("v", "s", "t")
FORM = "End with `return w, state`: an array, and a dict with the entries v, s and t."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """Two steps, then more; a memory of earlier steps; no momentum; the defaults, with a slope of 0."""
    some = rng.uniform
    memory = {"v": some(-1, 1, size=3).round(2), "s": some(0.3, 2, size=3).round(2), "t": 7}
    cases: list[Case] = []
    for shape, num_steps, more in [
        ((2,), 2, {"betas": (0.3, 0.4), "eps": 0.1}),
        ((2, 3), 4, {"betas": (0.8, 0.95), "eps": 0.5}),
        ((3,), 1, {"state": memory, "betas": (0.7, 0.9), "eps": 0.1}),
        ((1,), 3, {"betas": (0.0, 0.9), "eps": 1e-8}),
        ((4,), 5, {}),
    ]:
        g = away_from_0(rng, (num_steps, *shape))
        cases.append({"w": away_from_0(rng, shape), "gradients": g, "state": None, "lr": 0.1, **more})
    cases[-1]["gradients"][:, 0] = 0.0
    return cases


def _step(
    w: Array, g: Array, state: Any, lr: float, betas: Sequence[float] = (0.9, 0.999), eps: float = 1e-8
) -> tuple[Array, dict[str, Any]]:
    beta1, beta2 = betas
    before = state or {"v": np.zeros_like(w), "s": np.zeros_like(w), "t": 0}
    t = before["t"] + 1
    v = beta1 * before["v"] + (1 - beta1) * g
    s = beta2 * before["s"] + (1 - beta2) * g**2
    v_hat = v / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    new = {"v": v, "s": s, "t": t}
    return w - lr * v_hat / (np.sqrt(s_hat) + eps), new


def _probe(learner: Any, case: Case) -> Seen:
    """Step by step, each with the memory that the step before returned; what a step changed of its input."""
    options = [case[name] for name in ("betas", "eps") if name in case]
    w, state, changed = case["w"], case["state"], []
    for g in case["gradients"]:
        given = {"w": w, "g": g.copy(), "state": state}
        before = to_plain(given)
        answer = call(learner, *given.values(), case["lr"], *options)
        changed += [name for name, now in to_plain(given).items() if not same_plain(before[name], now)]
        two = isinstance(answer, tuple | list) and len(answer) == 2 and isinstance(answer[1], dict)
        if not two or not set(NAMES) <= set(answer[1]):
            return Seen(answer, changed=changed, readable=False)
        w, state = answer
        parts = [*(state[name] for name in NAMES), w]
        if not same_form([0.0] * len(parts), parts) or np.shape(w) != g.shape:
            break  # the next step cannot take them
    return Seen(parts, changed=changed, readable=True)


@verdict
def _form(case: Case, value: Any) -> None:
    if not value["readable"]:
        raise Wrong(f"expected w and a dict with v, s and t, got {short(value['answer'])}", FORM)
    if value["changed"]:
        hint = "Somebody may have kept it to go on from there: return a new array and a new dict. What works "
        hint += "in place, such as `v *= …` and `state['t'] += 1`, changes what was given."
        raise Wrong(f"a step changed the {value['changed'][0]} that it was given", hint)


adam_step = formula_task(
    "optimizers/adam_step",
    "adam_step(w, g, state, lr, betas=(0.9, 0.999), eps=1e-8)",
    points=4,
    cases=_cases,
    probe=_probe,
    right=_step,
    rules=[_form],
    parts={
        "v": "v is a running mean of the gradients, as it is before the correction.",
        "s": "s is a running mean of the squared gradients, as it is before the correction.",
        "t": "t counts the steps, the one that is being taken too.",
        "w": "v, s and t are right, so look at what is made of them.",
    },
    form=FORM,
    hints={
        "TypeError: 'NoneType'": "In the first step state is None: then v and s are 0, and so is t.",
        "KeyError": "state has the entries that your function gave it, or those of the task: v, s and t.",
        "ZeroDivisionError": "1 - β⁰ is 0. Which number has the first step?",
    },
    slips="""
        t = before["t"] + 1 → t = before["t"]
        new = {"v": v, "s": s, "t": t} → new = {"v": v, "s": s, "t": t + 1}
            the correction takes the number of the steps before this one
            The first step has the number 1: what does the correction divide by there?
        v / (1 - beta1**t) → v
        s / (1 - beta2**t) → s
            there is no bias correction
            Both means begin at 0: how much of a gradient of 1 is in them after the first step?
        v / (1 - beta1**t) → v / (1 - beta1)
        s / (1 - beta2**t) → s / (1 - beta2)
            every step is corrected as if it were the first
            After many steps hardly anything is missing: what must become of the correction?
        "v": v, "s": s → "v": v_hat, "s": s_hat
            the state holds the corrected means
            The correction is for the step alone: the running means go on as they are.
        np.sqrt(s_hat) + eps → np.sqrt(s_hat + eps)
            eps is under the root
            It is added to the root, after it was drawn.
        np.sqrt(s_hat) → s_hat
            v was divided by s, not by its root
            A step has the unit of w: what must the divisor be so that the unit of g cancels?
        lr * v_hat → lr * g
            the step goes along the gradient, not along the mean of the gradients
            What is v for?
    """,
)
