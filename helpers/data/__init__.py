"""The data of the course: five small real sets and six drawn ones.

The real sets are those that scikit-learn carries, stored here as small files (`python -m course.make_data`
makes them), so nothing is downloaded and scikit-learn is not imported. The drawn ones are for what can be
seen only in two dimensions, or only when the truth is known.
"""

import copy
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helpers import _inputs
from helpers._tables import rows

__all__ = [
    "Dataset",
    "blobs",
    "circle",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_gpu_layers",
    "load_gpu_products",
    "load_gpu_steps",
    "load_iris",
    "load_wine",
    "near_copies",
    "noisy_polynomial",
    "spiral",
    "two_moons",
    "xor",
]

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Dataset:
    """One data set: its numbers, and what they are called. `X, y = dataset` unpacks the numbers.

    `X` (n, d) float64, one row per sample; `y` (n,) class numbers (int64) or values (float64);
    `feature_names` has d entries, `target_names` one per class (for a regression one, the target's).
    """

    name: str
    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    feature_names: list[str] = field(repr=False)
    target_names: np.ndarray = field(repr=False)

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.X, self.y))

    def __repr__(self) -> str:
        n, d = self.X.shape
        kind = f"{len(self.target_names)} classes" if self.y.dtype.kind == "i" else "a number to predict"
        return f"<{self.name}: {n} samples, {d} features, {kind}>"


def _load(name: str) -> Dataset:
    # A new copy each time: whoever writes into it spoils nobody else's.
    return copy.deepcopy(_read(name))


@functools.cache
def _read(name: str) -> Dataset:
    with np.load(_HERE / f"{name}.npz", allow_pickle=False) as file:
        X, y = file["X"].astype(np.float64), file["y"]
        y = y.astype(np.int64 if y.dtype == np.uint8 else np.float64)
        target_names = file["target_names"]
        if target_names.dtype == np.uint8:
            target_names = target_names.astype(np.int64)
        return Dataset(name, X, y, file["feature_names"].tolist(), target_names)


def load_digits() -> Dataset:
    """1,797 handwritten digits, 8 × 8 pixels from 0 (paper) to 16 (ink); the class is the digit.

    `X` (1797, 64), `X.reshape(-1, 8, 8)` are the pictures; `y` (1797,) in 0..9.
    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI repository, 1998.

    >>> X, y = load_digits()
    >>> X.shape, y[:5], X.max()
    ((1797, 64), array([0, 1, 2, 3, 4]), np.float64(16.0))
    """
    return _load("digits")


def load_breast_cancer() -> Dataset:
    """569 samples of breast tissue, 30 measurements of cell nuclei; 0 is malignant, 1 benign.

    `X` (569, 30) in units that differ from column to column; `y` (569,) in 0..1, 212 and 357 of each.
    Source: Street, Wolberg and Mangasarian, "Nuclear feature extraction for breast tumor diagnosis", 1993.

    >>> load_breast_cancer()
    <breast_cancer: 569 samples, 30 features, 2 classes>
    """
    return _load("breast_cancer")


def load_wine() -> Dataset:
    """178 wines of three growers, 13 chemical measurements each; the class is the grower.

    `X` (178, 13) in units that differ from column to column; `y` (178,) in 0..2.
    Source: Forina et al., "PARVUS", 1988; UCI repository, "Wine".

    >>> load_wine().feature_names[:2]
    ['alcohol', 'malic_acid']
    """
    return _load("wine")


def load_iris() -> Dataset:
    """150 irises, length and width of sepal and petal in centimetres; the class is the species.

    `X` (150, 4); `y` (150,) in 0..2, 50 of each.
    Source: Fisher, "The use of multiple measurements in taxonomic problems", 1936.

    >>> [str(name) for name in load_iris().target_names]
    ['setosa', 'versicolor', 'virginica']
    """
    return _load("iris")


def load_diabetes(scaled: bool = True) -> Dataset:
    """442 patients, 10 measurements each; `y` is how far the disease had gone one year later.

    `X` (442, 10): with `scaled=True`, as in scikit-learn, every column has mean 0 and sum of squares 1;
    with `scaled=False` it is in the original units (age in years, body mass index, …). `y` (442,) in 25..346.
    Source: Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", 2004.

    >>> load_diabetes(scaled=False).X[0, :3]
    array([59. ,  2. , 32.1])
    """
    dataset = _load("diabetes")
    if not scaled:
        return dataset
    X = (dataset.X - dataset.X.mean(axis=0)) / dataset.X.std(axis=0) / np.sqrt(len(dataset.X))
    return Dataset("diabetes", X, dataset.y, dataset.feature_names, dataset.target_names)


# --- drawn data: f(n, noise=…, rng=…) → X (n, d), y (n,), rows in random order -----------------------------


def _check(n: int, noise: float, rng: np.random.Generator, at_least: int = 1) -> None:
    _inputs.whole_number(n, "n", at_least)
    _inputs.generator(rng)
    if not (np.isfinite(noise) and noise >= 0):
        raise ValueError(f"noise must be a number of at least 0 (a standard deviation), got {noise!r}")


def _shuffled(
    X: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(len(X))
    return X[order] + noise * rng.normal(size=X.shape), y[order]


def two_moons(n: int, *, noise: float = 0.1, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles of radius 1 that reach into each other: classes that no straight line separates.

    Returns `X` (n, 2) and `y` (n,) in 0..1, half of each. `noise` is the standard deviation added to X.
    ValueError if n < 2 or noise < 0.

    >>> X, y = two_moons(100, noise=0.0, rng=np.random.default_rng(0))
    >>> X.shape, np.bincount(y)
    ((100, 2), array([50, 50]))
    """
    _check(n, noise, rng, at_least=2)
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    X = np.concatenate(
        [
            np.column_stack([np.cos(upper), np.sin(upper)]),
            np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)]),
        ]
    )
    return _shuffled(X, np.repeat([0, 1], [len(upper), len(lower)]), noise, rng)


def circle(
    n: int, *, noise: float = 0.1, factor: float = 0.5, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A circle of radius `factor` (class 1) inside one of radius 1 (class 0).

    Returns `X` (n, 2) and `y` (n,) in 0..1, half of each. `noise` is the standard deviation added to X.
    ValueError if n < 2, noise < 0 or factor is not between 0 and 1.

    >>> X, y = circle(100, noise=0.0, rng=np.random.default_rng(0))
    >>> np.hypot(*X[y == 1].T).round(3).max()
    np.float64(0.5)
    """
    _check(n, noise, rng, at_least=2)
    if not 0 < factor < 1:
        raise ValueError(f"factor is the radius of the inner circle, between 0 and 1; got {factor!r}")
    sizes = [n // 2, n - n // 2]
    y = np.repeat([0, 1], sizes)
    angle = np.concatenate([np.linspace(0, 2 * np.pi, k, endpoint=False) for k in sizes])
    radius = np.where(y == 1, factor, 1.0)
    return _shuffled(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), y, noise, rng)


def xor(n: int, *, noise: float = 0.1, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points in the square from -1 to 1; class 1 where the two coordinates have different signs.

    Returns `X` (n, 2) and `y` (n,) in 0..1. The class is decided before `noise` (a standard deviation) is
    added, so points near the axes can lie on the wrong side. ValueError if n < 1 or noise < 0.

    >>> X, y = xor(4, noise=0.0, rng=np.random.default_rng(0))
    >>> bool(((X[:, 0] * X[:, 1] < 0) == y).all())
    True
    """
    _check(n, noise, rng)
    X = rng.uniform(-1, 1, size=(n, 2))
    y = ((X[:, 0] > 0) != (X[:, 1] > 0)).astype(np.int64)
    return X + noise * rng.normal(size=X.shape), y


def spiral(
    n: int, *, noise: float = 0.03, turns: float = 1.5, n_classes: int = 2, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Spiral arms around each other, one per class, from the middle out to radius 1: hard for small networks.

    Returns `X` (n, 2) and `y` (n,) in 0..n_classes-1, as many of each as can be. Neighbouring arms are
    1 / (turns · n_classes) apart; `noise` (a standard deviation) should be well below that.
    ValueError if n < n_classes, noise < 0 or turns <= 0.

    >>> X, y = spiral(300, n_classes=3, rng=np.random.default_rng(0))
    >>> np.bincount(y)
    array([100, 100, 100])
    """
    k = _inputs.whole_number(n_classes, "n_classes", 2)
    _check(n, noise, rng, at_least=k)
    if not (np.isfinite(turns) and turns > 0):
        raise ValueError(f"turns must be a positive number, got {turns!r}")
    y = np.sort(np.arange(n) % k)
    radius = np.concatenate([np.linspace(0, 1, count + 1)[1:] for count in np.bincount(y)])
    angle = 2 * np.pi * (turns * radius + y / k)
    return _shuffled(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), y, noise, rng)


def blobs(
    n: int, *, noise: float = 0.25, centers: int | np.ndarray = 3, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Round clouds of points, one per class.

    `centers` is how many clouds, placed evenly on a circle of radius 1, or their places, shape (k, d).
    Returns `X` (n, d) and `y` (n,) in 0..k-1, as many of each as can be; `noise` is the standard deviation
    of a cloud. ValueError if n < k, noise < 0 or centers has another shape.

    >>> X, y = blobs(60, centers=np.array([[0.0], [5.0]]), rng=np.random.default_rng(0))
    >>> X.shape, X[y == 1].mean().round(1)
    ((60, 1), np.float64(5.0))
    """
    if np.ndim(centers) == 0:
        angle = 2 * np.pi * np.arange(_inputs.whole_number(centers, "centers", 1)) / centers
        centers = np.column_stack([np.cos(angle), np.sin(angle)])
    places = np.asarray(centers, dtype=np.float64)
    if places.ndim != 2 or places.size == 0:
        raise ValueError(f"centers must be a number or have shape (k, d), got shape {places.shape}")
    _check(n, noise, rng, at_least=len(places))
    y = np.sort(np.arange(n) % len(places))
    return _shuffled(places[y], y, noise, rng)


def noisy_polynomial(
    n: int,
    *,
    noise: float = 0.2,
    coefficients: Sequence[float] = (0.0, -3.0, 0.0, 4.0),
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Points on a polynomial, y = c₀ + c₁x + c₂x² + … + noise: the smallest data set one can overfit.

    x is uniform in -1..1, `coefficients` are c₀, c₁, … (the default, 4x³ - 3x, goes up, down and up again
    between -1 and 1), `noise` is the standard deviation added to y. Returns `X` (n, 1) and `y` (n,) float64.
    ValueError if n < 1, noise < 0 or there are no coefficients.

    >>> X, y = noisy_polynomial(5, noise=0.0, coefficients=(1.0, 2.0), rng=np.random.default_rng(0))
    >>> bool(np.allclose(y, 1 + 2 * X[:, 0]))
    True
    """
    _check(n, noise, rng)
    c = np.asarray(coefficients, dtype=np.float64)
    if c.ndim != 1 or c.size == 0:
        raise ValueError(f"coefficients must be c0, c1, …, at least one; got shape {c.shape}")
    x = rng.uniform(-1, 1, size=n)
    return x[:, None], np.polynomial.polynomial.polyval(x, c) + noise * rng.normal(size=n)


def near_copies(
    n_pictures: int, copies: int, rng: np.random.Generator, *, noise: float = 0.5, moved: float = 0.1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures of digits, each one several times and hardly changed, as a careless export of a video makes.

    Draws `n_pictures` different digits and makes `copies` of each, all with a little noise (standard
    deviation `noise`, kept within 0..16), a share `moved` of them (by chance) one pixel further right.
    Returns `X` (n_pictures · copies, 64), the digits `y` and `picture`, which of the pictures a row
    is a copy of, in 0..n_pictures-1; copies of one picture are neighbours.
    ValueError if there are not that many digits, copies < 1, noise < 0 or moved is not a share.

    >>> X, y, picture = near_copies(n_pictures=2, copies=3, rng=np.random.default_rng(0))
    >>> X.shape, picture
    ((6, 64), array([0, 0, 0, 1, 1, 1]))
    """
    _inputs.whole_number(copies, "copies", 1)
    _check(n_pictures, noise, rng)
    if not 0 <= moved <= 1:
        raise ValueError(f"moved is the share of copies that are shifted, between 0 and 1; got {moved!r}")
    digits = load_digits()
    if n_pictures > len(digits.X):
        raise ValueError(f"n_pictures must be at most {len(digits.X)} (all digits), got {n_pictures}")
    chosen = rng.choice(len(digits.X), size=n_pictures, replace=False)
    picture = np.repeat(np.arange(n_pictures), copies)
    pixels = digits.X[chosen[picture]].reshape(-1, 8, 8)
    to_move = rng.random(len(pixels)) < moved
    pixels[to_move] = np.pad(pixels[to_move], ((0, 0), (0, 0), (1, 0)))[:, :, :-1]
    pixels = (pixels + noise * rng.normal(size=pixels.shape)).clip(0, 16)
    return pixels.reshape(-1, 64), digits.y[chosen[picture]], picture


def load_gpu_steps() -> dict[str, dict[int, tuple[float, float]]]:
    """Training steps on a graphics card: network → batch size → (microseconds, most MiB held).

    Source: `course bench gpu` (course/bench_gpu.py) on an NVIDIA H100 80 GB with PyTorch 2.11 and CUDA 13,
    float32, SGD, medians of 15 rounds; the whole table is gpu_h100.csv.

    >>> load_gpu_steps()["64-32-10"][1]
    (513.5, 65.0)
    """
    found: dict[str, dict[int, dict[str, float]]] = {}
    for row in rows("gpu_h100.csv"):
        if row["experiment"] == "step":
            name, batch_size = row["setting"].split(", batch ")
            found.setdefault(name, {}).setdefault(int(batch_size), {})[row["quantity"]] = float(row["value"])
    return {
        name: {batch_size: (one["us"], one["peak MiB"]) for batch_size, one in steps.items()}
        for name, steps in found.items()
    }


def load_gpu_products() -> dict[int, dict[str, float]]:
    """Products of two n × n matrices on the same card: n → number format → TFLOP/s.

    A TFLOP/s is 10¹² additions and multiplications in a second. The source is that of `load_gpu_steps`.

    >>> load_gpu_products()[8192]["int8"]
    759.8
    """
    return _gpu_formats("matrix product")


def load_gpu_layers() -> dict[int, dict[str, float]]:
    """One layer of 4096 × 11008 weights on the same card: tokens at once → number format → microseconds.

    "int8 both" and "fp8" have codes for what comes in too, "int8 weights" and "int4 weights" for the weights
    only. The source is that of `load_gpu_steps`; see course/bench_gpu_layers.py for the calls.

    >>> load_gpu_layers()[1]["int4 weights"]
    16.6
    """
    return _gpu_formats("layer 4096 x 11008")


def _gpu_formats(experiment: str) -> dict[int, dict[str, float]]:
    """Size → number format → value, of an experiment whose settings are "8192, int8" or "1 tokens, bf16"."""
    found: dict[int, dict[str, float]] = {}
    for row in rows("gpu_h100.csv"):
        if row["experiment"] == experiment:
            size, name = row["setting"].split(", ")
            name = name.split(" in groups")[0].split(" (")[0]
            found.setdefault(int(size.split()[0]), {})[name] = float(row["value"])
    return found
