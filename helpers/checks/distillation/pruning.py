"""Tasks 2 and 3: the masks of the largest weights, and a training that keeps the others at 0."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.formula import formula_task, of_answer
from helpers.checks.plain import same_form, short
from helpers.checks.probing import call
from helpers.checks.randomness import new_seed
from helpers.checks.task import Case, Wrong
from helpers.nn import SGD, Adam, CrossEntropyLoss, Linear, ReLU, Sequential

Array = np.ndarray

# Task 2: masks -----------------------------------------------------------------------------------------


def _networks(rng: np.random.Generator) -> Sequence[Case]:
    """Layers of unlike sizes; one alone; equal sizes, many of them; all weights, none."""
    cases: list[Case] = []
    for shapes, keep in [([(3, 4), (4, 2)], 7), ([(5, 3), (3, 6), (6, 2)], 19), ([(4, 5)], 6)]:
        weights = [
            rng.normal(size=shape, scale=s).round(3) for s, shape in zip((1, 0.4, 2), shapes, strict=False)
        ]
        cases.append({"weights": weights, "keep": keep})
    steps = [rng.integers(-4, 5, size=shape) / 4 for shape in [(20, 30), (30, 8)]]
    few = [np.array([[0.5, -0.5, 1.0], [2.0, 0.0, 0.25]]), np.array([[-0.5], [0.5], [0.25]])]
    three = [rng.normal(size=shape).round(3) for shape in [(2, 3), (3, 3)]]
    more = [(few, 4), (steps, 300), (three, 15), (three, 0)]
    return cases + [{"weights": weights, "keep": keep} for weights, keep in more]


def _largest(sizes: Array, keep: int) -> Array:
    stays = np.zeros(sizes.size, dtype=bool)
    stays[np.argsort(-sizes.ravel(), kind="stable")[:keep]] = True
    return stays.reshape(sizes.shape)


def _masks(weights: list[Array], keep: int) -> list[Array]:
    sizes = [np.abs(W) for W in weights]
    together = np.concatenate([s.ravel() for s in sizes])
    stays = _largest(together, keep)
    parts = np.split(stays, np.cumsum([W.size for W in weights])[:-1])
    return [part.reshape(W.shape) for part, W in zip(parts, weights, strict=True)]


@of_answer
def _counted(case: Case, answer: Any) -> None:
    """As many stay as asked; those that stay are as large as any; of equal ones the first."""
    weights, keep = case["weights"], case["keep"]
    masks = [np.asarray(mask) for mask in answer]
    if not all(np.isin(mask, (0, 1)).all() for mask in masks):
        what = "a mask holds something else than True and False"
        raise Wrong(what, "It says whether a weight stays, and not how large it is.")
    stays = np.concatenate([mask.ravel() for mask in masks]).astype(bool)
    sizes = np.abs(np.concatenate([W.ravel() for W in weights]))
    if (count := int(stays.sum())) != keep:
        what = f"{count} weights stay, keep is {keep}"
        tied = int((sizes == np.sort(sizes)[-keep]).sum()) if keep > 0 else 1
        raise Wrong(
            what, TIED.format(tied) if tied > 1 else "Of all layers together, not more and not fewer."
        )
    if keep and np.array_equal(np.sort(sizes[stays]), np.sort(sizes)[-keep:]):
        right = np.concatenate([mask.ravel() for mask in _masks(weights, keep)])
        if not np.array_equal(stays, right):
            what = "of several weights that are equally large others stay than the first"
            raise Wrong(
                what, "Layer by layer, and in each row by row: this is how `ravel` puts them in a row."
            )


TIED = "Of {} weights that are equally large some stay here, and some are cut."

largest_weights = formula_task(
    "distillation/largest_weights",
    "largest_weights(weights, keep)",
    points=3,
    cases=_networks,
    right=_masks,
    parts="Put the sizes of all layers in one row: which of them are the largest?",
    slips=r"""
        stays = … → stays = _largest(-together, keep)
            the smallest weights stay
            Those that are cut off are to be missed least.
        sizes = … → sizes = weights
            weights below 0 count as small
            Magnitude: how far is -3 from 0?
        stays = … → stays = ~_largest(together, keep)
            the masks say which weights are cut
            True is for those that stay.
        stays = … → stays = _largest(together, together.size - keep)
            keep was taken for the number of weights that are cut
            It is the number of those that stay.
        return … → return [_largest(s, round(keep * s.size / together.size)) for s in sizes]
            each layer keeps the same share of its weights
            The largest of the whole network stay, whatever their layer.
        return … → return [_largest(s, keep) for s in sizes]
            each layer keeps as many of its weights as keep says
            keep is the number for all layers together.
    """,
    last_rules=[_counted],
    form="A list with a mask for each layer, in the shape of its weights.",
    unchanged="The weights are needed by others: work on copies.",
    hints={
        "ValueError": "The layers have different shapes. `ravel` makes a row of each, `reshape` undoes it.",
        "IndexError": "Is keep 0 here, or all weights? Then none stays, or none is cut.",
        "AttributeError": "weights is a list of arrays: go through it, or put its rows together first.",
    },
)

# Task 3: fine-tuning -----------------------------------------------------------------------------------


def _trainings(rng: np.random.Generator) -> Sequence[Case]:
    """Two layers and momentum; three and Adam; a layer that is cut as a whole, and one that is not."""
    cases: list[Case] = []
    for sizes, kind, steps in [((4, 6, 3), "SGD", 5), ((3, 5, 4, 3), "Adam", 6), ((5, 4, 2), "SGD", 1)]:
        X = rng.normal(size=(24, sizes[0])).round(2)
        y = rng.permutation(np.arange(24) % sizes[-1])
        shapes = pairwise(sizes)
        masks = [rng.permutation(a * b).reshape(a, b) % 5 < 2 for a, b in shapes]
        batches = [rng.permutation(24)[: 8 - i % 3] for i in range(steps)]
        case = {"masks": masks, "X": X, "y": y, "batches": batches}
        cases.append({**case, "sizes": sizes, "kind": kind, "seed": new_seed(rng)})
    cases[1]["masks"][1][...] = True
    cases[2]["masks"][0][...] = False
    return cases


def _trained(case: Case) -> tuple[Sequential, CrossEntropyLoss, Any]:
    """A network that has taken some steps, and the optimizer that took them."""
    rng = np.random.default_rng(case["seed"])
    layers: list[Any] = []
    for a, b in pairwise(case["sizes"]):
        layers += [Linear(a, b, rng=rng), ReLU()]
    model, loss = Sequential(*layers[:-1]), CrossEntropyLoss()
    sgd = case["kind"] == "SGD"
    optimizer = SGD(model, lr=0.1, momentum=0.9) if sgd else Adam(model, lr=0.05)
    for _ in range(4):
        loss.forward(model.forward(case["X"]), case["y"])
        model.backward(loss.backward())
        optimizer.step()
    return model, loss, optimizer


def _probe(learner: Any, case: Case) -> list[Any]:
    """The losses that came back, and what became of the weights and the biases."""
    model, loss, optimizer = _trained(case)
    losses = call(learner, model, case["masks"], loss, optimizer, case["X"], case["y"], case["batches"])
    if isinstance(losses, list | tuple) and not any(map(np.ndim, losses)):
        losses = np.array(losses)
    linear = model.layers[::2]
    weights, biases = ([getattr(layer, name).ravel() for layer in linear] for name in ("W", "b"))
    return [losses, np.concatenate(weights), np.concatenate(biases)]


def _cut(pairs: list[tuple[Any, Array]]) -> None:
    for layer, mask in pairs:
        layer.W *= mask


def _tuned(
    model: Any, masks: list[Array], loss: Any, optimizer: Any, X: Array, y: Array, batches: list[Array]
) -> list[float]:
    pairs = list(zip(model.layers[::2], masks, strict=True))
    _cut(pairs)
    losses = []
    for rows in batches:
        losses.append(loss.forward(model.forward(X[rows]), y[rows]))
        model.backward(loss.backward())
        optimizer.step()
        _cut(pairs)  # again
    return losses


@of_answer
def _a_number_each(case: Case, answer: Any) -> None:
    losses, many = answer[0], len(case["batches"])
    numbers = losses.tolist() if isinstance(losses, np.ndarray) else losses
    if not same_form([0.0] * many, numbers) or any(map(np.ndim, numbers)):
        what = f"expected a list of losses, {many} in all, got {short(losses)}"
        raise Wrong(what, "End with `return losses`: what loss.forward returned for each batch.")


@of_answer
def _stays_cut(case: Case, answer: Any) -> None:
    _, weights, _ = answer
    out = ~np.concatenate([mask.ravel() for mask in case["masks"]])
    if moved := np.count_nonzero(np.asarray(weights)[out]):
        what = f"at the end {moved} of {out.sum()} weights that were cut are not 0"
        raise Wrong(what, "Print one of them before the first step, and after each.")


fine_tune = formula_task(
    "distillation/fine_tune",
    "fine_tune(model, masks, loss, optimizer, X, y, batches)",
    points=4,
    cases=_trainings,
    probe=_probe,
    right=_tuned,
    show=("masks", "X", "y", "batches"),
    parts={
        "losses": "Which of them is the first to be off? Look at what came before that forward pass.",
        "weights": "What stays is trained as ever: forward, loss, backward, one step a batch.",
        "biases": "They have no mask, and are trained as ever.",
    },
    slips=r"""
        pairs = … → pairs = [(layer, ~mask) for layer, mask in zip(model.layers[::2], masks, strict=True)]
            the weights were cut that are to stay
            A mask is True where a weight stays.
        optimizer.step() → for layer, mask in pairs: layer.dW *= mask\noptimizer.step()
        _cut(pairs)  # again → pass
            weights that were cut have moved, although their slopes were 0
            The optimizer goes by the slopes of its earlier steps, too.
        _cut(pairs)  # again → pass
            weights that were cut have grown back
            A step moves all weights that have a slope.
        losses.append(… → _cut(pairs); …
        _cut(pairs)  # again → pass
            weights that were cut are not 0 after the last step
            Whoever gets the network back wants it cut.
        return losses → _cut(pairs)\nreturn losses
        _cut(pairs)  # again → pass
            the weights were cut before the first step and after the last, and not between
            The network is trained to do without them: they are 0 in each forward pass.
        _cut(pairs) → pass
            in the first forward pass nothing was cut
            The network is cut first, and learns then.
        return losses → return [loss.forward(model.forward(X[rows]), y[rows]) for rows in batches]
            the losses are those of the network after its last step
            What loss.forward returns for a batch, when it is used for a step.
        losses.append(… → pass
        _cut(pairs)  # again → _cut(pairs); losses.append(loss.forward(model.forward(X[rows]), y[rows]))
            the losses are those after the step
            What loss.forward returns for a batch, before its step.
        X[rows]), y[rows])) → X), y))
            each step was taken on all of X and y
            A batch holds the numbers of its rows.
    """,
    last_rules=[_stays_cut],
    rules=[_a_number_each],
    unchanged="The caller needs them as they are: what is to change are the weights of `model`.",
    hints={
        "AttributeError: ReLU": "The linear layers are `model.layers[::2]`; a ReLU has no weights.",
        "AttributeError": "The calls are model.forward(X), loss.forward(logits, y), loss.backward(), "
        "model.backward(slope) and optimizer.step(). `model.layers[0].W` are the weights of the first layer.",
        "IndexError": "There are as many masks as linear layers: `model.layers[::2]`.",
        "ValueError: Linear.W": "Cut weights stay in W, as 0: its shape stays the same.",
        "ValueError": "Write the shapes of this line down. A batch has as many rows of X as labels.",
    },
)
