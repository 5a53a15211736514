"""Task 4: a node that remembers where it came from. A case is a small computation, as a list of steps.

The cases go from one quotient to a graph in which a node must wait for what it feeds. The slips are wrong
nodes: the probe runs them on the same graph, and compares.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from helpers.checks.blocks import close
from helpers.checks.formula import formula_task, of_answer, slip
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
METHODS = {"+": "__add__", "/": "__truediv__", "exp": "exp"}


class Node:
    """The right node; each slip changes one thing of it."""

    grad = 0.0
    key: Callable[["Node"], Any] = id

    def __init__(self, data: float, edges: Iterable[tuple["Node", float]] = ()) -> None:
        self.data, self.edges = data, edges

    def __add__(self, other: "Node") -> "Node":
        return type(self)(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __truediv__(self, other: "Node") -> "Node":
        edges = [(self, 1 / other.data), (other, -self.data / other.data**2)]
        return type(self)(self.data / other.data, edges)

    def exp(self) -> "Node":
        t = math.exp(self.data)
        return type(self)(t, [(self, t)])

    def order(self) -> list["Node"]:
        """Each node after its sources."""
        order, seen = [], set()

        def visit(node: Node) -> None:
            if type(self).key(node) not in seen:
                seen.add(type(self).key(node))
                for source, _ in node.edges:
                    visit(source)
                order.append(node)

        visit(self)
        return order

    def way(self) -> list["Node"]:
        return self.order()[::-1]

    def hand_on(self, source: "Node", slope: float) -> None:
        source.grad += slope * self.grad

    def backward(self, start: float = 1.0, reset: bool = True) -> None:
        for node in self.order() if reset else ():
            node.grad = 0.0
        self.grad = start
        for node in self.way():
            for source, slope in node.edges:
                node.hand_on(source, slope)


def _but(**changed: Any) -> type[Node]:
    return type("Node", (Node,), changed)


def _quotient(first: Callable[[float, float], float], second: Callable[[float, float], float]) -> Any:
    """A quotient whose slopes for its two inputs are these functions of both numbers."""
    return lambda a, b: type(a)(a.data / b.data, [(a, first(a.data, b.data)), (b, second(a.data, b.data))])


def _exp_of_input(a: Node) -> Node:
    return type(a)(math.exp(a.data), [(a, a.data)])


def _level_by_level(node: Node) -> list[Node]:
    order = [node]
    for one in order:
        order += [source for source, _ in dict(one.edges).items() if source not in order]
    return order


def _each_time(node: Node, is_first: bool = True, left: list[int] | None = None) -> None:
    left = [1000] if left is None else left
    left[0] -= 1
    if left[0] < 0:  # a graph with too many ways to be walked one by one
        raise RecursionError
    if is_first:
        for each in node.order():
            each.grad = 0.0
        node.grad = 1.0
    for source, slope in node.edges:
        source.grad += slope * node.grad
        _each_time(source, False, left)


def _steps(formula: str) -> list[tuple[str, str, list[str]]]:
    """The steps of a formula: name, operation, inputs."""
    steps = []
    for step in formula.split(", "):
        name, right = step.split(" = ")
        operation = "exp" if right.startswith("exp") else "/" if "/" in right else "+"
        inputs = [right[4:-1]] if operation == "exp" else right.split(f" {operation} ")
        steps.append((name, operation, inputs))
    return steps


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for graph in GRAPHS:
        made = {name for name, _, _ in _steps(graph)}
        needed = sorted({name for _, _, inputs in _steps(graph) for name in inputs} - made)
        # Away from 0 and 1: no quotient is huge, and no slope is one by chance.
        numbers = (rng.uniform(1.1, 1.9, size=len(needed)) * rng.choice([-1, 1], size=len(needed))).round(2)
        formula = graph if len(graph) < 80 else ", ".join([*DOUBLED[:2], "…", *DOUBLED[-2:]])
        inputs = dict(zip(needed, numbers.tolist(), strict=True))
        cases.append({"graph": graph, "formula": formula, "inputs": inputs})
    return cases


def _names(case: Case) -> list[str]:
    return [*case["inputs"], *(name for name, _, _ in _steps(case["graph"]))]


def _probe(learner: Any, case: Case) -> Any:
    """Build the graph from the learner's nodes, go backward from L, and read data and grad of every node."""
    nodes = {name: learner(value) for name, value in case["inputs"].items()}
    do: dict[str, Callable[..., Any]] = {"+": lambda a, b: a + b, "/": lambda a, b: a / b}
    for name, operation, inputs in _steps(case["graph"]):
        if not hasattr(nodes[inputs[0]], METHODS[operation]):
            return {"missing": METHODS[operation]}
        nodes[name] = do.get(operation, lambda a: a.exp())(*(nodes[source] for source in inputs))
        if nodes[name] is None:
            return {"nothing": METHODS[operation]}
    nodes["L"].backward()
    if case["graph"] == TWICE:
        nodes["L"].backward()
    pairs = [(float(nodes[name].data), float(nodes[name].grad)) for name in _names(case)]
    return [np.array(numbers) for numbers in zip(*pairs, strict=True)]


@verdict
def _written(case: Case, value: Any) -> None:
    if not isinstance(value, dict):
        return
    if "missing" in value:
        raise Wrong(
            f"Node has no `{value['missing']}`: write `{value['missing']}`",
            "It belongs inside the class, indented like `__init__`, under exactly this name: Python looks "
            "for `__truediv__` when it meets a / b.",
        )
    if "nothing" in value:
        raise Wrong(
            f"`{value['nothing']}` returned None",
            "Every operation returns a new Node, with the pairs (source, slope) as its edges.",
        )


@of_answer
def _node_by_node(case: Case, value: Any) -> None:
    names = _names(case)
    (data, grad), (want_data, want_grad) = value, _probe(Node, case)
    for name, got, want in zip(names, data, want_data, strict=True):
        if name in case["inputs"] and not close(got, want):
            raise Wrong(
                f"the input {name} was {want:.6g}, and after the computation {name}.data = {got:.6g}",
                "An operation makes a new Node; the nodes that it is given stay as they are.",
            )
        if not close(got, want):
            both = f"expected: {name}.data = {want:.6g}\ngot:      {name}.data = {got:.6g}"
            raise Wrong(
                f"the forward pass is off\n{both}",
                "Look at the data of the new Node first; slopes come after.",
            )
    if grad[-1] != 1 and case["graph"] == TWICE:
        raise Wrong(
            f"after a second L.backward(), L.grad = {grad[-1]:.6g}, expected 1",
            "Whatever grad held before is forgotten, in L too.",
        )
    if grad[-1] != 1:
        raise Wrong(f"expected L.grad = 1, got {grad[-1]:.6g}", "The slope of L with respect to itself is 1.")
    for name, got, want in zip(names, grad, want_grad, strict=True):
        if not close(got, want):
            both = f"expected: {name}.grad = {want:.6g}\ngot:      {name}.grad = {got:.6g}"
            raise Wrong(f"the slope of L is off\n{both}", GRAPHS[case["graph"]])


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
    slips=[
        slip(
            _but(backward=lambda self: Node.backward(self, 0.0)),
            "every slope is 0",
            "The chain starts at L, and the slope of L with respect to itself is 1: set it before you walk.",
        ),
        slip(
            _but(__truediv__=_quotient(lambda a, b: 1 / b, lambda a, b: a / b**2)),
            "in a quotient the slope of the denominator has the wrong sign",
            "Nudge b up in a / b, with a and b positive: does the quotient rise or fall?",
        ),
        slip(
            _but(__truediv__=_quotient(lambda a, b: 1 / b, lambda a, b: -a / b)),
            "in a quotient the slope of the denominator is -a / b",
            "Nudge b in a / b by a little, with numbers of your own: how far does the quotient move?",
        ),
        slip(
            _but(__truediv__=_quotient(lambda a, b: b, lambda a, b: a)),
            "in a quotient the slopes are those of a product",
            "Nudge a: how far a / b moves depends on b, but the larger b, the less far.",
        ),
        slip(
            _but(exp=_exp_of_input),
            "the slope of exp is its input",
            "The row of eˣ in the lesson's table: which number stands there at 1?",
        ),
        slip(
            _but(hand_on=lambda self, source, slope: setattr(source, "grad", source.grad + slope)),
            "each node hands on its local slope only",
            "Its own grad belongs to it: rates multiply, from L to the inputs.",
        ),
        slip(
            _but(way=Node.order),
            "the nodes handed on before they had received: the walk goes from the inputs to L",
            "The slope starts at L. Walk from L to the inputs.",
        ),
        # Before the next one, which gives the same numbers on this graph, and fails on an earlier one.
        slip(
            _but(key=lambda node: node.data),
            "of p and q, which hold the same number, only one handed on its grad",
            "p and q are two nodes: remember the nodes that you have seen, not their data.",
        ),
        slip(
            _but(hand_on=lambda self, source, slope: setattr(source, "grad", slope * self.grad)),
            "a node that is used twice keeps the last slope that it was given",
            "It has two ways to move L, and they add up.",
        ),
        slip(
            _but(backward=lambda self: Node.backward(self, reset=False)),
            "after a second L.backward() the slopes of the first are still in",
            "Set every grad of the graph to 0 before the walk.",
        ),
        slip(
            _but(way=_level_by_level),
            "s handed on its grad before t had added its share",
            "Each node waits for all that it feeds: order the nodes so that each comes after its inputs, and "
            "walk that order from the end.",
        ),
        slip(
            _but(backward=_each_time),
            "s handed on all of its grad at each share that it received, also what it had handed on before",
            "A node hands on once, when it has received everything: order the nodes so that each comes after "
            "its inputs, and walk that order from the end.",
        ),
    ],
    hints={
        "AttributeError": "Keep the names data, grad and edges, and return a new Node from every operation.",
        "TypeError": "data is a number, edges a list of pairs (source, slope): a Node and a number.",
        "RecursionError": "Does backward call itself without end? Every node is visited once.",
        "TimeIsUp": "Is every node visited once? From x30 to a lead 2 · 2 · … · 2, a billion, paths, too "
        "many to walk one by one. And does every loop end?",
        "ValueError": "edges is a list of pairs, [(self, slope)] when there is one.",
    },
)
