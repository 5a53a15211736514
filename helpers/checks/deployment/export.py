"""Task 2: a scaler and a network as nodes for an engine, which may have faults."""

from itertools import pairwise
from typing import Any

import numpy as np

from helpers.checks.blocks import close, expected_and_got, leaves_input_unchanged
from helpers.checks.deployment.engine import engine
from helpers.checks.plain import short
from helpers.checks.probing import Seen, call
from helpers.checks.task import Case, Task, Wrong, all_of, verdict

Array = np.ndarray
FEATURE = "Work through the example of the task: what becomes of 6, and what of 1?"
RAW = "The scaler is inside of the nodes already: the engine gets `rows` as they are."
ONE_LAYER = "Write (x - mean) / scale into x W + b and multiply out."
NAN = "What becomes of a NaN on the way to your comparison, and what does that say?"
COMPARE = (
    "The largest |difference| of any logit, divided by the network's largest |logit|. Its own logits come "
    "from scaled rows and the layers as they were."
)


def _cases(rng: np.random.Generator) -> list[Case]:
    """Engines that are right, also with logits far from 1 and with one layer; and faults of an engine.

    Logits of millions differ by more than the tolerance and are right, those of a millionth by less and are
    wrong: the difference is asked as a share. float16 is right where the tolerance allows it.
    """
    cases = []
    for sizes, size, kind, tolerance in [
        ((4, 5, 3), 1.0, "right", 1e-5),
        ((3, 2), 1e6, "right", 1e-5),
        ((5, 4, 6, 3), 1.0, "float16", 0.05),
        ((4, 5, 3), 1.0, "float16", 1e-5),
        ((3, 6, 2), 1.0, "one logit is lower", 1e-4),
        ((3, 6, 2), 1.0, "one logit is higher", 1e-4),
        ((4, 5, 3), 1e-6, "one logit is higher", 1e-4),
        ((4, 3, 3), 1.0, "one logit is NaN", 1e-4),
    ]:
        d = sizes[0]
        mean, scale = rng.uniform(2, 9, d).round(2), rng.uniform(2, 5, d).round(2)
        pairs = list(pairwise(sizes))
        layers = [[rng.normal(size=pair).round(3), rng.normal(size=pair[1]).round(3)] for pair in pairs]
        layers[-1] = [size * part for part in layers[-1]]
        if "higher" in kind:
            layers[-1][1] -= 40 * size  # all logits are below 0
        case = {"mean": mean, "scale": scale, "layers": layers, "tolerance": tolerance, "engine": kind}
        cases.append({**case, "rows": rng.normal(mean, scale, (40, d)).round(2)})
    return cases


def _probe(learner: Any, case: Case) -> Any:
    """What came; and of the last call of `run` its nodes and rows. `refused` is the message, or None."""
    asked: list[Any] = []

    def run(nodes: Any, rows: Any) -> Array:
        rows = np.asarray(rows)
        logits = engine(nodes, rows, case["engine"])
        asked[:] = [[[str(op), *map(np.array, arrays)] for op, *arrays in nodes], rows.copy()]
        return logits

    layers = [(W, b) for W, b in case["layers"]]
    refused, answer = None, "a ValueError"
    given = case["mean"], case["scale"], layers, case["rows"], run, case["tolerance"]
    try:
        answer = call(learner, *given)
    except ValueError as error:
        if not asked:
            raise
        refused = str(error)
    return Seen(answer, asked=asked, refused=refused)


def _folded(case: Case) -> list[Array]:
    """The arrays of the nodes in their order."""
    (W, b), *others = case["layers"]
    mean, scale = case["mean"], case["scale"]
    return [W / scale[:, None], b - (mean / scale) @ W, *(part for layer in others for part in layer)]


def _slips(case: Case) -> list[tuple[int, Any, str, str]]:
    """Numbers that the first two arrays have by mistake: which, the numbers, what is said, and the hint."""
    (W, b), mean, scale = case["layers"][0], case["mean"], case["scale"]
    return [
        (0, W, "the first MatMul does not divide by scale", FEATURE),
        (0, W * scale[:, None], "the first MatMul multiplies by scale", "Twice the scale, half the weight."),
        (1, b, "the first Add knows nothing of mean", ONE_LAYER),
        (1, b - mean @ W, "in the first Add, mean is not divided by scale", ONE_LAYER),
        (1, b - mean / scale**2 @ W, "in the first Add, mean is divided by scale twice", ONE_LAYER),
        (1, b + mean / scale @ W, "in the first Add, mean has the wrong sign", ONE_LAYER),
    ]


@verdict
def _nodes(case: Case, value: Any) -> None:
    if not value["asked"]:
        raise Wrong("run was never called", "An export that nobody has compared may be wrong: see step 2.")
    nodes, rows = value["asked"]
    ops = [op for op, *_ in nodes]
    want = ["MatMul", "Add", "Relu"] * len(case["layers"])
    if ops != want[:-1]:
        what = f"expected the nodes {', '.join(want[:-1])}; got {', '.join(ops)}"
        more = len([op for op in ops if op != "Relu"]) > 2 * len(case["layers"])
        extra = "The scaler has no nodes of its own. " if more else ""
        raise Wrong(what, extra + "MatMul and Add for each layer, and a Relu between two layers.")
    arrays = [array for _, *given in nodes for array in given]
    for number, wrong, what, hint in _slips(case):
        if close(arrays[number], wrong) and not close(wrong, _folded(case)[number]):
            raise Wrong(what, hint)
    for number, (got, right) in enumerate(zip(arrays, _folded(case), strict=True)):
        if not close(got, right):
            name = f"{'Wb'[number % 2]} of {('MatMul', 'Add')[number % 2]} {number // 2 + 1}"
            hint = FEATURE if number < 2 else "Only the first layer changes."
            raise Wrong(f"{name} is off\n{expected_and_got(right, got)}", hint)
    if rows.shape != case["rows"].shape or not close(rows, case["rows"]):
        scaled = (case["rows"] - case["mean"]) / case["scale"]
        was_scaled = rows.shape == scaled.shape and close(rows, scaled)
        raise Wrong("run was called with other rows", RAW if was_scaled else "It is given all of `rows`.")


@verdict
def _compared(case: Case, value: Any) -> None:
    (nodes, rows), refused = value["asked"], value["refused"]
    mean, scale, layers = case["mean"], case["scale"], case["layers"]
    ours = (case["rows"] - mean) / scale
    for number, (W, b) in enumerate(layers):
        ours = (np.maximum(ours, 0) if number else ours) @ W + b
    theirs = engine(nodes, rows, case["engine"])
    far = np.abs(theirs - ours).max() / np.abs(ours).max()
    what = f"the difference is {far:.2g} (of the largest logit), the tolerance {case['tolerance']:g}"
    if far <= case["tolerance"]:
        if refused is not None:
            raise Wrong(f"{what}: your function refuses with\n{short(refused)}", COMPARE)
        if not isinstance(value["answer"], list) or len(value["answer"]) != len(nodes):
            what = f"expected the list of nodes that `run` was given, got {short(value['answer'])}"
            raise Wrong(what, "End with `return nodes`.")
    elif refused is None:
        hint = NAN if np.isnan(far) else COMPARE
        raise Wrong(f"this engine: {case['engine']}. {what}: expected a ValueError", hint)
    elif not refused:
        raise Wrong(f"{what}: a ValueError came, without a word", "Its message tells the difference.")


export = Task(
    "deployment/export",
    points=4,
    signature="export(mean, scale, layers, rows, run, tolerance)",
    cases=_cases,
    probe=_probe,
    show=("mean", "scale", "layers", "rows", "tolerance"),
    hints={
        "RuntimeError": "This is what the engine says. Which node is it, and what does the task ask of it?",
        "ValueError": "Write the shapes of this line down: mean and scale are (d,), W is (d, h), b is (h,).",
    },
    verdict=all_of(leaves_input_unchanged("mean", "scale", "layers", "rows"), _nodes, _compared),
)
