"""Task 4: a node that remembers where it came from. A case is a small computation, as a list of steps.

The cases go from one quotient to a graph in which a node must wait for what it feeds.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer
from helpers.checks.task import Case, Wrong, verdict

DOUBLED = ["x1 = a + a", *(f"x{i + 1} = x{i} + x{i}" for i in range(1, 30)), "L = x30 / b"]
# The last node of a graph is L; what is said of it is a fact about the graph.
GRAPHS = {
    "L = a / b": "How far does L move when a is nudged, and how far when b is?",
    "L = exp(a)": "The slope of exp at a, times the slope of L for itself.",
    "m = a / b, s = m + c, t = exp(s), L = t / d": "Between a and L lie m, s and t: rates multiply.",
    "s = a + b, L = s / a": "a has two ways to move L, and they add up.",
    "m = a / b, L = m + a": "a has two ways to move L, and they add up.",
    "s = a + b, t = exp(s), m = s / t, L = m + s": "s feeds t, m and L: its slope is the sum of three ways.",
    "p = a / b, q = a / b, m = p / c, L = m + q": "p and q hold the same number, and are two nodes.",
    ", ".join(DOUBLED): "Every node once, after all that it feeds.",
}
TWICE = "m = a / b, L = m + a"
"""The graph on which backward is called a second time."""


class Node:
    """The right node."""

    def __init__(self, data: float, edges: Sequence[tuple["Node", float]] = ()) -> None:
        self.data, self.grad, self.edges = data, 0.0, edges

    def __add__(self, other: "Node") -> "Node":
        return Node(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __truediv__(self, other: "Node") -> "Node":
        edges = [(self, 1 / other.data), (other, -self.data / other.data**2)]
        return Node(self.data / other.data, edges)

    def exp(self) -> "Node":
        e = math.exp(self.data)
        return Node(e, [(self, e)])

    def backward(self) -> None:
        order: list[Node] = []
        seen = set()

        def visit(node: Node) -> None:
            if id(node) not in seen:
                seen.add(id(node))
                for source, _ in node.edges:
                    visit(source)
                order.append(node)

        visit(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order[::-1]:
            for source, slope in node.edges:
                source.grad += slope * node.grad


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for graph in GRAPHS:
        needed = sorted(set(re.findall(r"\b\w\d*\b", graph)) - set(re.findall(r"(\w+) =", graph)))
        # Away from 0 and 1: no quotient is huge, and no slope is one by chance.
        numbers = (rng.uniform(1.1, 1.9, size=len(needed)) * rng.choice([-1, 1], size=len(needed))).round(2)
        formula = graph if len(graph) < 80 else ", ".join([*DOUBLED[:2], "…", *DOUBLED[-2:]])
        inputs = dict(zip(needed, numbers.tolist(), strict=True))
        cases.append({"graph": graph, "formula": formula, "inputs": inputs})
    return cases


def _probe(learner: Any, case: Case) -> Any:
    """Build the graph from the learner's nodes, go backward from L, and read data and grad of every node."""
    nodes = {name: learner(value) for name, value in case["inputs"].items()}
    for step in case["graph"].split(", "):
        name, right = step.split(" = ")
        method = "exp" if "exp" in right else "__truediv__" if "/" in right else "__add__"
        self, *other = (nodes[source] for source in re.findall(r"\b\w\d*\b", right))
        if not hasattr(self, method):
            return {"fault": f"Node has no `{method}`"}
        nodes[name] = getattr(self, method)(*other)
        if nodes[name] is None:
            return {"fault": f"`{method}` returned None"}
    for _ in range(2 if case["graph"] == TWICE else 1):
        nodes["L"].backward()
    pairs = [(float(node.data), float(node.grad)) for node in nodes.values()]
    return [np.array(numbers) for numbers in zip(*pairs, strict=True)]


@verdict
def _written(case: Case, value: Any) -> None:
    if isinstance(value, dict):
        hint = "Every operation is a method, indented like `__init__`, of this very name. It returns a new "
        raise Wrong(value["fault"], hint + "Node, with the pairs (source, slope) as its edges.")


@of_answer
def _node_by_node(case: Case, value: Any) -> None:
    names = [*case["inputs"], *re.findall(r"(\w+) =", case["graph"])]
    for kind, numbers, right in zip(("data", "grad"), value, _probe(Node, case), strict=True):
        for name, got, want in [*zip(names, numbers, right, strict=True)][:: 1 if kind == "data" else -1]:
            if close(got, want):
                continue
            hint = GRAPHS[case["graph"]] if name != "L" else "The slope of L with respect to itself is 1."
            if kind == "data":
                hint = "Look at the data of the new Node first; slopes come after."
                if name in case["inputs"]:
                    hint = "An operation makes a new Node; the nodes that it is given stay as they are."
            when = "after a second L.backward(), " if (kind, case["graph"]) == ("grad", TWICE) else ""
            raise Wrong(f"{when}{name}.{kind} is off\nexpected: {want:.6g}\ngot:      {got:.6g}", hint)


autodiff_node = formula_task(
    "backward/autodiff_node",
    "Node(data)",
    points=4,
    cases=_cases,
    probe=_probe,
    show=("formula", "inputs"),
    rules=[_written],
    right=Node,
    parts={"data": "", "grad": ""},
    last_rules=[_node_by_node],
    slips="""
        self.grad = 1.0 → self.grad = 0.0
            every slope is 0
            The chain starts at L, and the slope of L with respect to itself is 1: set it before you walk.
        -self.data / other.data**2 → self.data / other.data**2
            in a quotient the slope of the denominator has the wrong sign
            Nudge b up in a / b, with a and b positive: does the quotient rise or fall?
        other.data**2 → other.data
            in a quotient the slope of the denominator is -a / b
            Nudge b in a / b by a little, with numbers of your own: how far does the quotient move?
        1 / other.data → other.data
        -self.data / other.data**2 → self.data
            in a quotient the slopes are those of a product
            Nudge a: how far a / b moves depends on b, but the larger b, the less far.
        [(self, e)] → [(self, self.data)]
            the slope of exp is its input
            The row of eˣ in the lesson's table: which number stands there at 1?
        slope * node.grad → slope
            each node hands on its local slope only
            Its own grad belongs to it: rates multiply, from L to the inputs.
        order[::-1] → order
            the nodes handed on before they had received: the walk goes from the inputs to L
            The slope starts at L. Walk from L to the inputs.
        if id(node) not in seen: → if node.data not in seen:
        seen.add(id(node)) → seen.add(node.data)
            of p and q, which hold the same number, only one handed on its grad
            p and q are two nodes: remember the nodes that you have seen, not their data.
        += slope * node.grad → = slope * node.grad
            a node that is used twice keeps the last slope that it was given
            It has two ways to move L, and they add up.
        node.grad = 0.0 → pass
            after a second L.backward() the slopes of the first are still in
            Set every grad of the graph to 0 before the walk.
        visit(self) → order += [self]; [order.append(s) for n in order for s, _ in n.edges if s not in order]
        order[::-1] → order
            s handed on its grad before t had added its share
            Each node waits for all that it feeds: order the nodes so that each comes after its inputs, and
            walk that order from the end.
    """,
    hints={
        "AttributeError": "Keep the names data, grad and edges, and return a new Node from every operation.",
        "TypeError": "data is a number, edges a list of pairs (source, slope): a Node and a number.",
        "RecursionError": "Does backward call itself without end? Every node is visited once.",
        "TimeIsUp": "Is every node visited once? From x30 to a lead 2 · 2 · … · 2, a billion, paths, too "
        "many to walk one by one. And does every loop end?",
        "ValueError": "edges is a list of pairs, [(self, slope)] when there is one.",
    },
)
