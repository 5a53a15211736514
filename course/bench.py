"""How fast is the engine? The same training here, in PyTorch and in scikit-learn, side by side.

"plain" is our own engine without the plans of `helpers.nn.fast`: what its classes cost as they are written.

Each work is timed in turns (ours, theirs, ours, theirs, …), in CPU time, with one thread, and the medians
are compared. All loops are complete: shuffle, batches, forward, loss, backward, step, the loss recorded.
PyTorch runs eagerly and indexes a tensor for its batches, which is faster than its DataLoader. Before
anything is timed, both sides train two epochs on the same batches and their weights are compared: a
benchmark of other work is none.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers import data
from helpers.nn import (
    SGD,
    Adam,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Fleet,
    Linear,
    MaxPool2d,
    MSELoss,
    ReLU,
    Sequential,
    Tanh,
)
from helpers.nn.fast import forward_for
from helpers.nn.twins import to_torch
from helpers.training import fit, predict

RATES = np.geomspace(0.003, 0.3, 9)
SIZES = (4, 8, 16, 32, 64, 128)
HEAVY = ("torch", "sklearn", "matplotlib.pyplot", "IPython", "scipy", "pandas")


@dataclass
class Row:
    """A line of the table: what was timed, the median CPU times, their ratio, the goal, and a remark."""

    work: str
    ours: str
    plain: str
    theirs: str
    ratio: str
    goal: str
    reached: bool
    remark: str


def engine(rounds: int = 7) -> list[Row]:
    """Time everything, print the table line by line, and return its rows. It takes about two minutes.

    rounds: how often each side is timed; the medians are shown.
    """
    import torch

    torch.set_num_threads(1)
    rows = []
    print(f"NumPy {np.__version__}, PyTorch {torch.__version__}, one thread, CPU time, medians of {rounds}")
    print(f"on {processor()}\n")
    print(f"{'work':53} {'ours':>9} {'plain':>9} {'other':>9} {'ratio':>7}  {'goal':7} remark")
    for row in works(rounds):
        rows.append(row)
        mark = "" if row.reached else "  MISSED"
        print(
            f"{row.work:53} {row.ours:>9} {row.plain:>9} {row.theirs:>9} {row.ratio:>7}  {row.goal:7} "
            f"{row.remark}{mark}",
            flush=True,
        )
    return rows


def processor() -> str:
    """The name of the processor, and the vector instructions that NumPy uses on it."""
    import platform

    from numpy._core._multiarray_umath import __cpu_features__ as features  # type: ignore[import-not-found]

    best = next(
        (name for name in ("AVX512_SKX", "X86_V4", "AVX2", "X86_V3", "ASIMD") if features.get(name)), ""
    )
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name} ({best})" if best else name


def works(rounds: int) -> Iterator[Row]:
    """The lines of the table, one after the other."""
    for dtype in (np.float32, np.float64):
        for batch_size, goal in ((10, 28), (32, 26), (128, 17)):
            # the goals are for float32, which PyTorch works in unless told otherwise
            yield small_network(rounds, batch_size, goal if dtype is np.float32 else None, dtype)
    yield from digits_network(rounds)
    yield pictures_network(rounds)
    yield from fleet_of_54(rounds)
    yield boundary(rounds)
    yield imports(rounds)


def medians(rounds: int, *functions: Callable[[], Any]) -> list[float]:
    """The median CPU seconds of each function, timed in turns after one call that does not count."""
    for function in functions:
        function()
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for times, function in zip(seconds, functions, strict=True):
            start = time.process_time()
            function()
            times.append(time.process_time() - start)
    return [statistics.median(times) for times in seconds]


@dataclass
class Twins:
    """One training set-up twice: ours, and PyTorch's with the same weights and the same data."""

    make: Callable[[], Sequential]
    make_torch: Callable[[], Any]
    loss: Any
    torch_loss: Any
    make_optimizer: Callable[[Any], Any]
    make_torch_optimizer: Callable[[Any], Any]
    X: np.ndarray
    y: np.ndarray
    batch_size: int

    def train(self, num_epochs: int, *, fast: bool = True) -> Sequential:
        """Our side, from the start."""
        model = self.make()
        fit(
            model,
            self.loss,
            self.make_optimizer(model),
            self.X,
            self.y,
            batch_size=self.batch_size,
            num_epochs=num_epochs,
            rng=np.random.default_rng(0),
            progress=False,
            fast=fast,
        )
        return model

    def train_torch(self, num_epochs: int, *, same_batches: bool = False) -> Any:
        """PyTorch's side, from the start; in an order of its own unless `same_batches`."""
        import torch

        net = self.make_torch()
        net.load_state_dict(to_torch(self.make()))
        optimizer, losses, n = self.make_torch_optimizer(net.parameters()), [], len(self.X)
        X, y, rng = torch.from_numpy(self.X), torch.from_numpy(self.y), np.random.default_rng(0)
        for _ in range(num_epochs):
            order = torch.from_numpy(rng.permutation(n)) if same_batches else torch.randperm(n)
            for i in range(0, n, self.batch_size):
                batch = order[i : i + self.batch_size]
                optimizer.zero_grad()
                loss = self.torch_loss(net(X[batch]), y[batch])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return net

    def difference(self) -> float:
        """The largest difference between the weights after two epochs on the same batches."""
        ours, theirs = to_torch(self.train(2)), self.train_torch(2, same_batches=True).state_dict()
        return max(float((ours[name] - theirs[name]).abs().max()) for name in ours)

    def row(self, rounds: int, work: str, goal: float | None, num_epochs: int) -> Row:
        """Check that both do the same work, then time it."""
        difference = self.difference()
        ours, plain, theirs = medians(
            rounds,
            lambda: self.train(num_epochs),
            lambda: self.train(num_epochs, fast=False),
            lambda: self.train_torch(num_epochs),
        )
        steps = num_epochs * -(-len(self.X) // self.batch_size)
        return Row(
            work,
            f"{ours / steps * 1e6:.1f} µs",
            f"{plain / steps * 1e6:.0f} µs",
            f"{theirs / steps * 1e6:.0f} µs",
            f"{theirs / ours:.1f}×",
            f"≥ {goal}×" if goal else "",
            theirs / ours >= (goal or 0) and difference <= 1e-6,
            f"per step; weights differ by {difference:.0e}",
        )


def small_twins(batch_size: int, dtype: Any, n: int = 1000) -> Twins:
    """2-16-16-1 with tanh on 1,000 points, SGD."""
    import torch

    nn, rng = torch.nn, np.random.default_rng(0)
    X = rng.normal(size=(n, 2)).astype(dtype)
    y = np.sin(3 * X[:, :1]).astype(dtype)
    torch_dtype = torch.float32 if dtype == np.float32 else torch.float64
    return Twins(
        lambda: small(0, dtype),
        lambda: nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)).to(
            torch_dtype
        ),
        MSELoss(),
        nn.MSELoss(),
        lambda model: SGD(model, lr=0.05),
        lambda parameters: torch.optim.SGD(parameters, lr=0.05),
        X,
        y,
        batch_size,
    )


def small(seed: int, dtype: Any = np.float64) -> Sequential:
    """2-16-16-1 with tanh."""
    rng = np.random.default_rng(seed)
    layers = [Linear(a, b, rng=rng, dtype=dtype) for a, b in ((2, 16), (16, 16), (16, 1))]
    return Sequential(layers[0], Tanh(), layers[1], Tanh(), layers[2])


def small_network(rounds: int, batch_size: int, goal: float | None, dtype: Any) -> Row:
    """The network of the playground."""
    work = f"2-16-16-1, batch {batch_size}, {np.dtype(dtype)}"
    return small_twins(batch_size, dtype).row(rounds, work, goal, num_epochs=2 * batch_size)


def digits_network(rounds: int) -> Iterator[Row]:
    """64-128-64-10 on the digits, Adam, batch 32, 20 epochs: PyTorch and scikit-learn."""
    import warnings

    import torch
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    X, y = data.load_digits()
    X = (X / 16).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(X))
    train, test, nn = order[:1437], order[1437:], torch.nn
    accuracies: dict[str, list[float]] = {"ours": [], "scikit-learn": []}
    seeds = iter(range(10**6))

    def make(seed: int = 0) -> Sequential:
        rng = np.random.default_rng(seed)
        layers = [Linear(a, b, rng=rng, dtype=np.float32) for a, b in ((64, 128), (128, 64), (64, 10))]
        return Sequential(layers[0], ReLU(), layers[1], ReLU(), layers[2])

    twins = Twins(
        make,
        lambda: nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        ),
        CrossEntropyLoss(),
        nn.CrossEntropyLoss(),
        Adam,
        torch.optim.Adam,
        X[train],
        y[train],
        32,
    )
    yield twins.row(rounds, "64-128-64-10, digits, Adam, batch 32, float32", 8, num_epochs=20)

    def ours() -> None:
        seed = next(seeds)
        twins.make = lambda: make(seed)
        hits = predict(twins.train(20), X[test]).argmax(axis=1) == y[test]
        accuracies["ours"].append(100 * float(hits.mean()))

    def sklearn() -> None:
        net = MLPClassifier((128, 64), batch_size=32, max_iter=20, alpha=0, random_state=next(seeds))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X[train], y[train])
        accuracies["scikit-learn"].append(100 * float(net.score(X[test], y[test])))

    mine, other = medians(rounds, ours, sklearn)
    a, b = (statistics.mean(values) for values in accuracies.values())
    yield Row(
        "the same, against scikit-learn",
        f"{mine * 1e3:.0f} ms",
        "",
        f"{other * 1e3:.0f} ms",
        f"{other / mine:.1f}×",
        "≥ 4×",
        other / mine >= 4 and abs(a - b) <= 0.5,
        f"accuracy {a:.1f} and {b:.1f} %, means of {rounds + 1} seeds",
    )


def pictures_network(rounds: int) -> Row:
    """A small convolutional network on the digits: conv 8, conv 16, linear; batch 32."""
    import torch

    nn = torch.nn
    X, y = data.load_digits()
    X = (X / 16).astype(np.float32).reshape(-1, 1, 8, 8)[:640]

    def make() -> Sequential:
        rng = np.random.default_rng(0)
        return Sequential(
            Conv2d(1, 8, 3, padding=1, rng=rng, dtype=np.float32),
            ReLU(),
            MaxPool2d(2),
            Conv2d(8, 16, 3, padding=1, rng=rng, dtype=np.float32),
            ReLU(),
            Flatten(),
            Linear(256, 10, rng=rng, dtype=np.float32),
        )

    twins = Twins(
        make,
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(256, 10),
        ),
        CrossEntropyLoss(),
        nn.CrossEntropyLoss(),
        lambda model: SGD(model, lr=0.05),
        lambda parameters: torch.optim.SGD(parameters, lr=0.05),
        X,
        y[: len(X)],
        32,
    )
    return twins.row(rounds, "conv 8, pool, conv 16, linear; batch 32, float32", 1.8, num_epochs=5)


def fleet_of_54(rounds: int) -> Iterator[Row]:
    """9 learning rates × 6 batch sizes, 200 steps each: a fleet for each size, and the 54 in turn."""
    sets = [(size, small_twins(size, np.float32, n=20 * size)) for size in SIZES]

    def train(model: Any, lr: Any, size: int, twins: Twins) -> Any:
        rng, optimizer = np.random.default_rng(0), SGD(model, lr=lr)
        fit(model, MSELoss(), optimizer, twins.X, twins.y, batch_size=size, num_epochs=10, rng=rng)
        return model.flat

    def fleets() -> list[np.ndarray]:
        found = []
        for size, twins in sets:
            found += list(train(Fleet([small(0, np.float32) for _ in RATES]), RATES, size, twins))
        return found

    def in_turn() -> list[np.ndarray]:
        return [train(small(0, np.float32), lr, size, twins) for size, twins in sets for lr in RATES]

    def torch_in_turn() -> None:
        for _, twins in sets:
            for _ in RATES:
                twins.train_torch(10)

    same = all(np.array_equal(a, b) for a, b in zip(fleets(), in_turn(), strict=True))
    few = max(1, rounds // 2)
    together, alone, torch_seconds = medians(few, fleets, in_turn, torch_in_turn)
    work = "fleet of 54 × 200 steps, 2-16-16-1, float32"
    remark = "the same bits" if same else "NOT the same bits"
    share = together / alone
    yield Row(
        work + ", in turn",
        f"{together * 1e3:.0f} ms",
        "",
        f"{alone * 1e3:.0f} ms",
        f"{share:.2f}",
        "≤ 0.6",
        share <= 0.6 and same,
        f"share of the time in turn; {remark}",
    )
    ratio = torch_seconds / together
    yield Row(
        work,
        f"{together * 1e3:.0f} ms",
        "",
        f"{torch_seconds * 1e3:.0f} ms",
        f"{ratio:.1f}×",
        "≥ 30×",
        ratio >= 30,
        "against PyTorch",
    )


def boundary(rounds: int) -> Row:
    """The map of 100 × 100 points, against nothing but the matrix products and the tanh in it."""
    axis = np.linspace(-1, 1, 100, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    model = small(0, np.float32)
    W1, W2, W3 = (model.parameters()[name] for name in ("0.W", "2.W", "4.W"))
    outputs = forward_for(model, grid.shape)

    def predictions() -> None:
        for _ in range(50):
            outputs(grid)

    def arithmetic() -> None:
        for _ in range(50):
            np.tanh(np.tanh(grid @ W1) @ W2) @ W3

    ours, bare = medians(rounds, predictions, arithmetic)
    return Row(
        "decision boundary 100 × 100, 2-16-16-1",
        f"{ours / 50 * 1e3:.2f} ms",
        "",
        f"{bare / 50 * 1e3:.2f} ms",
        f"{ours / bare:.2f}",
        "≤ 1.0",
        ours <= bare,
        "of its own matrix products and tanh, in float32",
    )


def imports(rounds: int) -> Row:
    """How long `import helpers` takes, as a multiple of `import numpy`, and what it pulls in."""

    def seconds(statement: str) -> float:
        code = f"import time; a = time.process_time(); {statement}; print(time.process_time() - a)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return float(done.stdout)

    pairs = [(seconds("import helpers, numpy"), seconds("import numpy")) for _ in range(2 * rounds + 1)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    code = f"import helpers, sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    heavy = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    return Row(
        "import helpers (and numpy)",
        f"{ours * 1e3:.0f} ms",
        "",
        f"{theirs * 1e3:.0f} ms",
        f"{ours / theirs:.2f}",
        "≤ 1.3",
        ours / theirs <= 1.3 and not heavy,
        f"of import numpy; pulls in {', '.join(heavy) or 'nothing heavy'}",
    )
