"""Task 1: what discriminator and generator pay, from logits, and the slopes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, leaves, of_answer
from helpers.checks.plain import same_form, short
from helpers.checks.task import Case, Wrong

Array = np.ndarray


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    """First more real points than made ones, then fewer; one of each; whole numbers; very large logits."""
    cases: list[Case] = []
    for n, m, largest in [(5, 3, 3), (2, 6, 4), (1, 1, 2), (4, 5, 9), (6, 4, 5000)]:
        real, made = (rng.uniform(-largest, largest, size=size).round(2) for size in (n, m))
        cases.append({"real": real, "made": made})
    cases[3] = {name: z.round().astype(int) for name, z in cases[3].items()}
    for z in cases[4].values():  # sure and right, sure and wrong
        z[:2] = [-4000.0, 4000.0]
    return cases


def _losses(real: Array, made: Array) -> Any:
    p_real = np.exp(-np.logaddexp(0, -real))
    p_made = np.exp(-np.logaddexp(0, -made))
    loss_D = np.logaddexp(0, -real).mean() + np.logaddexp(0, made).mean()
    D_real = (p_real - 1) / len(real)
    D_made = p_made / len(made)
    loss_G = np.logaddexp(0, -made).mean()
    G_made = (p_made - 1) / len(made)
    return (loss_D, (D_real, D_made)), (loss_G, G_made)


@of_answer
def _finite(case: Case, answer: Any) -> None:
    """What a sure discriminator costs is a number."""
    want = _losses(**case)
    if not same_form(want, answer):
        return
    for name, got in zip(PARTS, leaves(answer, like=want), strict=True):
        if not np.isfinite(np.asarray(got)).all():
            hint = "exp of 4000 is inf, and exp of -4000 is 0. Which step is the first not to be finite?"
            raise Wrong(f"{name} is not finite: got {short(got)}", hint)


PARTS = {
    "loss_D": "Two means are added, each over its own kind. What does one point of each kind cost?",
    "D_real": "A nudge of the logit of one real point: how does p move, and which term of loss_D with it?",
    "D_made": "A nudge of the logit of one made point: how does p move, and which term of loss_D with it?",
    "loss_G": "One mean, over the made points. What does a point cost whose logit is 0, and one at -4?",
    "G_made": "A nudge of the logit of one made point: how does p move, and loss_G with it?",
}

gan_losses = formula_task(
    "generative_and_meta/gan_losses",
    "gan_losses(real, made)",
    points=3,
    cases=_cases,
    right=_losses,
    rules=[_finite],
    parts=PARTS,
    slips=r"""
        p_real = … → real, made = made, real; …
            real and made were taken for each other
            `real` is the first argument: its logits are to be high, if the discriminator has its way.
        loss_G = … → loss_G = -np.logaddexp(0, made).mean()
        G_made = … → G_made = -p_made / len(made)
            this is the saturating loss of the generator, and its slope
            It lowers the mean of log(1 - p). The task asks for another.
        loss_G: loss_G = … → loss_G = -np.logaddexp(0, made).mean()
            loss_G is the saturating loss
            It lowers the mean of log(1 - p). The task asks for another.
        G_made: G_made = … → G_made = -p_made / len(made)
            G_made is the slope of the saturating loss
            The slope of -log p is asked. Where p is near 0, is it steep or flat?
        loss_D: np.logaddexp(0, -real).mean() + … → (…) / 2
            loss_D is half of what it should be
            The means of the two kinds are added.
        loss_D: loss_D = … → z = np.concatenate([-real, made]); loss_D = np.logaddexp(0, z).mean()
            loss_D is one mean over all points
            Each kind has a mean of its own, however many points there are of it.
        D_real: D_real = … → D_real = p_real / len(real)
            D_real pulls the logits of real points down
            Does the discriminator pay less when a real point gets a higher logit?
        D_made: D_made = … → D_made = (p_made - 1) / len(made)
            D_made is the slope of the generator's loss
            What is good for the one is bad for the other.
        D_real: D_real = … → D_real = -1 / p_real / len(real)
            D_real is the slope for p, not for the logit
            One more step leads from p to the logit: how does p move when the logit does?
    """,
    form="End with `return (loss_D, (D_real, D_made)), (loss_G, G_made)`.",
    unchanged="The logits are needed by others: compute new arrays.",
    hints={"ValueError: operands": "There may be more real points than made ones. Which shapes meet here?"},
)
