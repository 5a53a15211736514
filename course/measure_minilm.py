"""Measures what each way to shrink the language model of lesson 20 costs, and keeps it in helpers/data.

    python -m course.measure_minilm             what is not measured yet (for all, half an hour)
    python -m course.measure_minilm gptq awq    those whose names begin so, again

The names are those of `helpers.minilm.measured`. Lesson 20 computes some of them anew and compares.
"""

import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

import helpers  # noqa: F401 (one thread)
from course.make_data import write_npz
from helpers._tables import DATA
from helpers.minilm.measured import Measured, load_measured
from helpers.minilm.model import Product, Weights, embed, linear, read_tokenizer, read_weights
from helpers.minilm.observe import (
    MATRICES,
    TABLE,
    Inputs,
    as_tensor,
    watch_inputs,
    with_matrices,
    with_products,
)
from helpers.minilm.policies import POLICIES, policy
from helpers.minilm.retrieval import load_calibration, load_terms, ranks
from helpers.quantization.activations import per_tensor, per_token, smoothing, split_product
from helpers.quantization.calibrated import awq, gptq
from helpers.quantization.groups import round_to_nearest

Array = np.ndarray[Any, Any]
Case = tuple[Weights, Product]
FILE = DATA / "minilm_measured.npz"
SIZES = ("tensor", "channel", 128, 64, 32)
SAMPLE = 64
LARGE = 6.0
"""From which |x| on LLM.int8 keeps a feature in float, as in its paper."""
AFTER_NORM = ("query", "key", "value", "intermediate.dense")
WAYS = ("static", "tensor", "token", "split", "smooth static", "smooth token")


@cache
def original() -> Weights:
    """The published weights."""
    return read_weights()


tokenizer = cache(read_tokenizer)


@cache
def watched(draw: int) -> dict[str, Inputs]:
    """What the matrices are given in 64 of the calibration texts; -1 for the largest inputs in all."""
    texts = load_calibration()
    if draw >= 0:
        texts = [texts[i] for i in np.random.default_rng(draw).choice(len(texts), 64, replace=False)]
    return watch_inputs(texts, tokenizer(), original(), moments=draw >= 0)


def rounded(W: Array, bits: int, size: int | str) -> Array:
    """W to the nearest, with a scale for all, for each channel, or for so many weights."""
    if bits == 32:
        return W
    shared = None if size == "tensor" else len(W) if size == "channel" else int(size)
    return round_to_nearest(W, bits, shared)


def of_weights(bits: int, size: int | str, table_bits: int) -> Case:
    """Matrices and table rounded to the nearest."""
    weights = with_matrices(original(), lambda name, W: rounded(W, bits, size))
    table = original()[TABLE].numpy()
    return {**weights, TABLE: as_tensor(rounded(table.T, table_bits, "channel").T)}, linear


def of_method(method: str, bits: int, size: int | str, draw: int) -> Case:
    """Matrices rounded by GPTQ or AWQ."""
    seen = watched(draw)

    def change(name: str, W: Array) -> Array:
        group = len(W) if size == "channel" else int(size)
        if method == "gptq":
            return gptq(W, seen[name].moments, bits, group)
        return awq(W, seen[name].moments, seen[name].sizes, bits, group)

    return with_matrices(original(), change), linear


def of_inputs(bits: int, way: str) -> Case:
    """Matrices in int8, a scale for each channel, and their inputs in a few bits.

    Smoothed is, as in its paper, what a layer norm gives out: there the division costs nothing.
    """
    seen = watched(-1)
    stretch: dict[str, Any] = dict.fromkeys(MATRICES, 1.0)
    for name in MATRICES:
        if way.startswith("smooth") and name.endswith(AFTER_NORM):
            W = original()[name + ".weight"].T.numpy()
            stretch[name] = smoothing(seen[name].largest, W)[:, None]
    if way == "split":
        large = {name: np.flatnonzero(seen[name].largest > LARGE) for name in MATRICES}
        return original(), with_products(lambda X, name, W: split_product(X, W, large[name], bits))
    weights = with_matrices(original(), lambda name, W: rounded(W * stretch[name], 8, "channel"))

    def product(X: Array, name: str, W: Array) -> Array:
        X = X / np.ravel(stretch[name])
        if way.endswith("static"):
            largest = float(np.max(seen[name].largest / np.ravel(stretch[name])))
            return per_tensor(X, bits, largest) @ W
        return (per_tensor if way == "tensor" else per_token)(X, bits) @ W

    return weights, with_products(product)


def alone(name: str) -> Case:
    """One matrix in 2 bits, groups of 128."""
    W = original()[name + ".weight"].T.numpy()
    return {**original(), name + ".weight": as_tensor(rounded(W, 2, 128)).T}, linear


def of_policy(bits: float, rule: str) -> Case:
    """Matrices in 2 to 8 bits each, groups of 128."""
    damage = {name: 1 - load_measured()[f"alone/{name}"].cosine for name in MATRICES}
    given = policy(rule, bits, damage)
    return with_matrices(original(), lambda name, W: rounded(W, given[name], 128)), linear


def cases() -> Iterator[tuple[str, Callable[[], Case]]]:
    """All names, and what makes each."""
    tables: list[tuple[int, int | str, int]] = [(32, "tensor", table_bits) for table_bits in (32, 8, 4, 3, 2)]
    grid: list[tuple[int, int | str, int]] = [(bits, size, 32) for bits in (4, 3, 2, 8) for size in SIZES]
    for bits, size, table_bits in [*tables, (4, 32, 4), *grid]:
        yield f"weights/{bits}/{size}/{table_bits}", partial(of_weights, bits, size, table_bits)
    for way in WAYS:
        yield f"inputs/8/{way}", partial(of_inputs, 8, way)
    for method in ("gptq", "awq"):
        for setting in [(3, 128, 0), (4, 128, 0), (2, 128, 0), (3, 128, 1)]:
            yield f"{method}/" + "/".join(map(str, setting)), partial(of_method, method, *setting)
    for name in MATRICES:
        yield f"alone/{name}", partial(alone, name)
    for budget in (2.5, 3.0):
        for rule in POLICIES:
            yield f"policy/{budget}/{rule}", partial(of_policy, budget, rule)


@cache
def vectors_before(task: bool) -> list[Array]:
    """The vectors of names and definitions, or of a quarter of the others, with the published weights."""
    return vectors((original(), linear), task)


def vectors(case: Case, task: bool) -> list[Array]:
    """The vectors of the texts."""
    weights, product = case
    texts = load_terms() if task else [load_calibration()[::4]]
    return [embed(each, tokenizer(), weights, product).numpy() for each in texts]


def measure(name: str, case: Case) -> Measured:
    """Ranks, and the mean cosine to the vectors of before."""
    task = not name.startswith("alone/")
    now, before = vectors(case, task), vectors_before(task)
    cosines = np.concatenate([np.sum(a * b, axis=1) for a, b in zip(now, before, strict=True)])
    mean, of_sample = (round(float(part.mean()), 6) for part in (cosines, cosines[:SAMPLE]))
    return Measured(ranks(*now) if task else np.zeros(len(load_terms()[0]), int), mean, of_sample)


def stored() -> dict[str, Measured]:
    """What is in the file now: somebody else may be measuring, too."""
    load_measured.cache_clear()
    return load_measured() if FILE.exists() else {}


def write(found: dict[str, Measured]) -> None:
    """Keep what was measured, in the order of `cases`."""
    names = [name for name, _ in cases() if name in found]
    table = {
        "name": np.array(names),
        "ranks": np.array([found[name].ranks for name in names], np.uint16),
        "cosine": np.array([found[name].cosine for name in names]),
        "sample": np.array([found[name].sample for name in names]),
    }
    write_npz(FILE, table)


def main(arguments: list[str]) -> None:
    """Measure what is asked for, or what is missing; each result is written at once."""
    for name, make in cases():
        known = stored()
        if name.startswith(tuple(arguments)) if arguments else name not in known:
            one = measure(name, make())
            write({**stored(), name: one})
            share = np.mean(one.ranks == 1)
            print(f"{name:44} recall {share:.3f}  cosine {one.cosine:.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
