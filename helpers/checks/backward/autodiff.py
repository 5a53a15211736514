"""Task 4: a node that remembers where it came from. A case is a small computation, as a list of steps.

The cases go from one product to a graph in which a node must wait for what it feeds; an answer that passes
the earlier ones fails a later one for one reason, so each kind of graph has its own hint.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.checks.plain import short
from helpers.checks.task import Case, Rule, Task, all_of

# kind: (the formula as a learner reads it, steps [name, operation, inputs…], the last one is L)
GRAPHS: dict[str, tuple[str, list[list[str]]]] = {
    "product": ("L = a · b", [["L", "mul", "a", "b"]]),
    "tanh": ("L = tanh(a)", [["L", "tanh", "a"]]),
    "chain": (
        "L = tanh(a · b + c) · d",
        [["m", "mul", "a", "b"], ["s", "add", "m", "c"], ["t", "tanh", "s"], ["L", "mul", "t", "d"]],
    ),
    "used twice": ("L = a · a", [["L", "mul", "a", "a"]]),
    "used twice, far apart": ("L = a · b + a", [["m", "mul", "a", "b"], ["L", "add", "m", "a"]]),
    "must wait": (
        "s = a + b, t = tanh(s), L = s · t + s",
        [["s", "add", "a", "b"], ["t", "tanh", "s"], ["m", "mul", "s", "t"], ["L", "add", "m", "s"]],
    ),
    "same value": (
        "p = a · b, q = a · b, L = p · c + q",
        [["p", "mul", "a", "b"], ["q", "mul", "a", "b"], ["m", "mul", "p", "c"], ["L", "add", "m", "q"]],
    ),
    "doubled": (
        "x1 = a + a, x2 = x1 + x1, …, x30 = x29 + x29, L = x30 · b",
        [["x1", "add", "a", "a"]]
        + [[f"x{i + 1}", "add", f"x{i}", f"x{i}"] for i in range(1, 30)]
        + [["L", "mul", "x30", "b"]],
    ),
}

HINTS = {
    "product": "A nudge of a moves a · b by b: each factor gets the other's data, times the grad of L.",
    "tanh": "The slope of tanh is 1 - t², where t is the result, not the input.",
    "chain": "A node hands on its own grad · the local slope: rates multiply, from L to the inputs.",
    "used twice": "a has two ways to move L, and they add up: source.grad += …, starting from 0.",
    "used twice, far apart": "a has two ways to move L, and they add up: source.grad += …, starting from 0.",
    "must wait": "s feeds t, m and L. It may hand on its grad once, when all three have "
    "added theirs: order the nodes so that each comes after its inputs, and walk that order from the end.",
    "same value": "p and q hold the same number and are two nodes: remember the nodes that you have "
    "seen, not their data.",
    "doubled": "Every node once: keep the set of those that you have seen.",
}


METHODS = {"add": "__add__", "mul": "__mul__", "tanh": "tanh"}


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for kind, (formula, steps) in GRAPHS.items():
        made = {step[0] for step in steps}
        needed = sorted({name for step in steps for name in step[2:]} - made)
        # Between 0.3 and 1.5 tanh is neither straight nor flat, and no slope is one by chance.
        numbers = (rng.uniform(0.3, 1.5, size=len(needed)) * rng.choice([-1, 1], size=len(needed))).round(2)
        inputs = dict(zip(needed, numbers.tolist(), strict=True))
        cases.append({"kind": kind, "formula": formula, "inputs": inputs, "steps": steps})
    return cases


def _probe(learner: Any, case: Case) -> dict[str, Any]:
    """Build the graph from the learner's nodes, go backward from L, and read every node."""
    nodes = {name: learner(value) for name, value in case["inputs"].items()}
    do: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "tanh": lambda a: a.tanh(),
    }
    for name, operation, *sources in case["steps"]:
        if not hasattr(nodes[sources[0]], METHODS[operation]):
            return {"missing": METHODS[operation]}
        nodes[name] = do[operation](*(nodes[source] for source in sources))
        if nodes[name] is None:
            return {"nothing": operation}
    nodes["L"].backward()
    read = {name: [float(node.data), float(node.grad)] for name, node in nodes.items()}
    return {
        "data": {name: pair[0] for name, pair in read.items()},
        "grad": {n: p[1] for n, p in read.items()},
    }


def _run(case: Case) -> tuple[dict[str, float], dict[str, float]]:
    """Values and slopes by name; the steps are in order, so walking them from the end is all it takes."""
    data = dict(case["inputs"])
    for name, operation, *sources in case["steps"]:
        a, b = data[sources[0]], data[sources[-1]]
        data[name] = {"add": a + b, "mul": a * b, "tanh": math.tanh(a)}[operation]
    grad = dict.fromkeys(data, 0.0)
    grad["L"] = 1.0
    for name, operation, *sources in reversed(case["steps"]):
        a, b = data[sources[0]], data[sources[-1]]
        slopes = {"add": [1.0, 1.0], "mul": [b, a], "tanh": [1 - data[name] ** 2]}[operation]
        for source, slope in zip(sources, slopes, strict=True):
            grad[source] += grad[name] * slope
    return data, grad


def _first_difference(got: dict[str, float], want: dict[str, float]) -> str | None:
    """The first name whose numbers differ by more than rounding."""
    return next((name for name in want if not math.isclose(got[name], want[name], rel_tol=1e-9)), None)


def _wrong_slope(case: Case, value: Any) -> str:
    want = _run(case)[1]
    name = _first_difference(value["grad"], want) or "L"
    got = short(value["grad"][name])
    return f"the slope of L is off\nexpected: {name}.grad = {want[name]:.6g}\ngot:      {got}"


def _slopes_right(kind: str) -> Rule:
    return Rule(
        _wrong_slope,
        lambda case, value: case["kind"] != kind or _first_difference(value["grad"], _run(case)[1]) is None,
        HINTS[kind],
    )


autodiff_node = Task(
    id="backward/autodiff_node",
    points=4,
    signature="Node(data)",
    cases=_cases,
    probe=_probe,
    show=("formula", "inputs"),
    hints={
        "AttributeError": "Keep the names data, grad and edges, and return a new Node from every operation.",
        "TypeError": "edges is a list of pairs (source, slope), a Node and a number. data is a number.",
        "RecursionError": "Does backward call itself without end? Every node is visited once.",
        "TimeIsUp": "Every node once: from x30 to a lead 2 · 2 · … · 2, a billion, paths, too many to walk "
        "one by one. Keep the set of the nodes that you have seen. And does every loop end?",
        "ValueError": "edges is a list of pairs, [(self, slope)] when there is one.",
    },
    verdict=all_of(
        Rule(
            lambda case, value: f"Node has no `{value['missing']}`: write `{value['missing']}`",
            lambda case, value: "missing" not in value,
            "It belongs inside the class, indented like `__init__`, under exactly this name: Python looks "
            "for `__mul__` when it meets a * b.",
        ),
        Rule(
            lambda case, value: f"the operation {value['nothing']} returned None",
            lambda case, value: "nothing" not in value,
            "Every operation returns a new Node, with the pairs (source, slope) as its edges.",
        ),
        Rule(
            lambda case, value: (
                f"the forward pass is off\nexpected: L = {_run(case)[0]['L']:.6g}\n"
                f"got:      {short(value['data']['L'])}"
            ),
            lambda case, value: _first_difference(value["data"], _run(case)[0]) is None,
            "Look at the data of the new Node first: a * b for the product, np.tanh(a) for tanh.",
        ),
        Rule(
            "every slope is 0",
            lambda case, value: any(value["grad"].values()),
            "The chain starts at L, and the slope of L with respect to itself is 1: set it before you walk.",
        ),
        Rule(
            lambda case, value: f"expected L.grad = 1, got {value['grad']['L']:.6g}",
            lambda case, value: value["grad"]["L"] == 1,
            "The slope of L with respect to itself is 1.",
        ),
        *map(_slopes_right, GRAPHS),
    ),
)
