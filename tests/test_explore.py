"""Explorers as functions: every slider's ends, what the sentences say, and the thin view around them."""

from __future__ import annotations

import base64
import io
import itertools
import re
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import data
from helpers.explore import (
    Control,
    Frame,
    activations,
    backward,
    baselines_and_metrics,
    convolution,
    data_splits,
    deployment,
    distillation,
    features,
    forward,
    generative_and_meta,
    large_model_quantization,
    losses,
    normalization,
    optimizers,
    overfitting,
    quantization,
    quantized_networks,
    sequences,
    start,
    trust,
    tuning,
    view,
)
from helpers.explore.browser import widget_class
from helpers.figures import Picture
from helpers.nn import SGD, CrossEntropyLoss
from helpers.nn.activations import softmax
from helpers.quantization.aware import closest
from helpers.quantization.mixed import with_weights_of
from helpers.training import fit
from tests.thorough import examples

EXPLORERS = [
    start,
    data_splits,
    features,
    baselines_and_metrics,
    forward,
    backward,
    activations,
    losses,
    optimizers,
    tuning,
    normalization,
    overfitting,
    convolution,
    trust,
    distillation,
    sequences,
    generative_and_meta,
    quantization,
    quantized_networks,
    large_model_quantization,
    deployment,
]
frames = settings(max_examples=examples(25))


def defaults(explorer: ModuleType) -> dict[str, Any]:
    return {control.name: control.default for control in explorer.CONTROLS}


def sound(frame: Frame) -> None:
    with Image.open(io.BytesIO(frame.picture.data)) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.size == (2 * frame.picture.width, 2 * frame.picture.height)
    for text in (frame.alt, frame.sentence):
        assert re.fullmatch(r"[A-Z0-9].*[.]", text), text
        assert not re.search(r"nan|inf\b|None|\{|\$", text), text


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_corner_of_the_sliders(explorer: ModuleType) -> None:
    names = [control.name for control in explorer.CONTROLS]
    corners = itertools.product(*((control.values[0], control.values[-1]) for control in explorer.CONTROLS))
    for corner in corners:
        sound(explorer.frame(**dict(zip(names, corner, strict=True))))


@frames
@given(st.data())
@pytest.mark.parametrize("explorer", EXPLORERS)
def test_everywhere_between(explorer: ModuleType, data: st.DataObject) -> None:
    chosen = {c.name: data.draw(st.sampled_from(list(c.values)), label=c.name) for c in explorer.CONTROLS}
    sound(explorer.frame(**chosen))


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_slider_changes_picture_and_words(explorer: ModuleType) -> None:
    for control in explorer.CONTROLS:
        first, last = (
            explorer.frame(**defaults(explorer) | {control.name: value})
            for value in (control.values[0], control.values[-1])
        )
        assert first.picture.data != last.picture.data, control.name
        assert first.alt != last.alt, control.name
        assert first.sentence != last.sentence, control.name


OUTSIDE = [
    (start, {"steps": -1}),
    (start, {"steps": 201}),
    (start, {"lr": 0}),
    (start, {"lr": float("nan")}),
    (backward, {"lr": 0}),
    (backward, {"lr": -1}),
    (backward, {"condition": 0.5}),
    (backward, {"steps": 0}),
    (features, {"scale": 0}),
    (features, {"scale": -1}),
    (features, {"lr": 0}),
    (data_splits, {"seed": -1}),
    (data_splits, {"seed": 200}),
    (data_splits, {"seed": 1.5}),
    (data_splits, {"test_percent": 0}),
    (data_splits, {"test_percent": 51}),
    (data_splits, {"test_percent": -3}),
    (tuning, {"schedule": 6}),
    (tuning, {"start_rate": 0.3}),
    (forward, {"depth": 0}),
    (forward, {"depth": 51}),
    (forward, {"gain": 5.0}),
    (forward, {"activation": 2}),
    (activations, {"activation": 7}),
    (activations, {"depth": 4}),
    (activations, {"gain": 5.0}),
    (losses, {"place": 7}),
    (losses, {"height": 21}),
    (losses, {"loss": 5}),
    (optimizers, {"optimizer": 6}),
    (optimizers, {"lr": 0}),
    (optimizers, {"angle": 20}),
    (normalization, {"batch_size": 3}),
    (normalization, {"norm": 3}),
    (normalization, {"lr": 0.2}),
    (overfitting, {"degree": 15}),
    (overfitting, {"n": 12}),
    (overfitting, {"penalty": 0.5}),
    (convolution, {"digit": 10}),
    (convolution, {"first": 3}),
    (convolution, {"middle": 0.5}),
    (convolution, {"last": -3}),
    (convolution, {"turn": 2}),
    (trust, {"eps": 0.05}),
    (trust, {"digit": 10}),
    (trust, {"trained": 0.3}),
    (distillation, {"picture": 21}),
    (distillation, {"T": 5}),
    (distillation, {"epochs": 20}),
    (sequences, {"place": 1}),
    (sequences, {"head": 5}),
    (sequences, {"temperature": 0.0}),
    (generative_and_meta, {"step": 75}),
    (generative_and_meta, {"ratio": 3}),
    (quantization, {"bits": 7}),
    (quantization, {"share": 50}),
    (quantization, {"grid": 5}),
    (quantized_networks, {"first": 7}),
    (quantized_networks, {"second": 1}),
    (quantized_networks, {"third": 2.5}),
    (quantized_networks, {"budget": 1}),
    (deployment, {"load": 7}),
    (deployment, {"window": 3}),
    (deployment, {"batch": 0}),
    (large_model_quantization, {"bits": 5}),
    (large_model_quantization, {"size": 5}),
    (baselines_and_metrics, {"threshold": -0.1}),
    (baselines_and_metrics, {"threshold": 1.1}),
    (baselines_and_metrics, {"prevalence": 0.0}),
    (baselines_and_metrics, {"prevalence": 1.0}),
]


@pytest.mark.parametrize(("explorer", "wrong"), OUTSIDE)
def test_what_its_sliders_cannot_show_is_refused(explorer: ModuleType, wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=rf"^{name} is one of the \d+ values .* got {value!r}$"):
        explorer.frame(**defaults(explorer) | wrong)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_a_frame_depends_on_its_parameters_alone(explorer: ModuleType) -> None:
    ends = {control.name: control.values[-1] for control in explorer.CONTROLS}
    before = explorer.frame(**defaults(explorer))
    explorer.frame(**ends)
    after = explorer.frame(**defaults(explorer))
    assert before.picture.data == after.picture.data
    assert before.sentence == after.sentence


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads take turns after every few instructions, so that what can be interrupted is."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_frames_from_several_threads_do_not_mix(explorer: ModuleType, switching: None) -> None:
    control = explorer.CONTROLS[0]
    values = list(control.values)
    wanted = [defaults(explorer) | {control.name: values[i * (len(values) - 1) // 3]} for i in range(4)]
    alone = [explorer.frame(**parameters).picture.data for parameters in wanted]
    together: list[list[bytes]] = [[] for _ in wanted]

    def draw(number: int) -> None:
        for _ in range(8):
            together[number].append(explorer.frame(**wanted[number]).picture.data)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(len(wanted))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = [pictures.count(picture) for pictures, picture in zip(together, alone, strict=True)]
    assert right == [8] * len(wanted)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_a_frame_is_fast(explorer: ModuleType) -> None:
    explorer.frame(**defaults(explorer))
    seconds = []
    for value in list(explorer.CONTROLS[0].values)[:5] * 2:
        start = time.process_time()
        explorer.frame(**defaults(explorer) | {explorer.CONTROLS[0].name: value})
        seconds.append(time.process_time() - start)
    assert np.median(seconds) < 0.4  # 0.03 is usual; what other programs take does not count


# The bowl


@pytest.mark.parametrize(
    ("lr", "condition", "steps", "kind", "says"),
    [
        (0.001, 10, 50, "too small", "far below 2/λmax = 0.2"),
        (0.1, 10, 50, "good", "well below 2/λmax = 0.2"),
        (0.15, 10, 50, "zig-zag", "lands 0.5 times as far away"),
        (0.2, 10, 50, "on the edge", "exactly 2/λmax = 0.2"),
        (0.02, 100, 50, "on the edge", "exactly 2/λmax = 0.02"),
        (0.3, 10, 50, "divergent", "lands 2 times as far away"),
        (3.0, 100, 200, "divergent", "above 2/λmax = 0.02"),
        (0.01, 100, 50, "long valley", "condition number 100"),
        (0.3, 1, 2, "too few steps", "after 2 steps 49 %"),
        (1.0, 1, 1, "good", "after 1 step less than 0.1 %"),
    ],
)
def test_the_sentence_names_what_happens(
    lr: float, condition: float, steps: int, kind: str, says: str
) -> None:
    assert backward.verdict(lr, condition, steps) == kind
    sentence = backward.sentence(lr, condition, steps)
    assert sentence.lower().startswith((kind, f"a {kind}"))
    assert says in sentence


SETTING = [st.sampled_from(list(control.values)) for control in backward.CONTROLS]


@settings(max_examples=examples(100))
@given(*SETTING)
def test_the_verdict_agrees_with_the_path(lr: float, condition: float, steps: int) -> None:
    points = backward.path(lr, condition, steps)
    loss = backward.bowl(points, condition)
    kind = backward.verdict(lr, condition, steps)
    if kind == "divergent":
        assert loss[-1] > loss[0] or abs(points[-1, 1]) > abs(points[0, 1])
    elif kind == "on the edge":
        assert np.allclose(np.abs(points[:, 1]), abs(points[0, 1]))
    else:
        assert np.all(np.diff(loss) <= 0)
    if kind == "good":
        assert np.all(np.abs(points[-1]) <= backward.NEAR * np.abs(points[0]))
    if kind in ("zig-zag", "on the edge", "divergent"):
        assert np.all(np.diff(np.sign(points[:, 1])) != 0)


@settings(max_examples=examples(100))
@given(*SETTING)
def test_the_path_is_the_closed_form_and_stays_finite(lr: float, condition: float, steps: int) -> None:
    points = backward.path(lr, condition, steps)
    count = np.arange(len(points))[:, None]
    expected = np.array(backward.START) * (1 - lr * np.array([1, condition])) ** count
    np.testing.assert_allclose(points, expected, rtol=1e-9, atol=1e-12)
    assert np.isfinite(points).all()
    assert len(points) == steps + 1 or backward.bowl(points[-1], condition) > backward.FAR_AWAY


# The scale of one column


def descended(scale: float, lr: float, steps: int) -> np.ndarray:
    """The share of the way down that is left after each step, by plain gradient descent on the patients."""
    X, y = data.load_diabetes(scaled=False)
    Z = (X[:, [2, 3]] - X[:, [2, 3]].mean(axis=0)) / X[:, [2, 3]].std(axis=0) * [1, scale]
    target = (y - y.mean()) / y.std()
    w, losses = np.zeros(2), []
    for _ in range(steps + 1):
        losses.append(np.mean((Z @ w - target) ** 2))
        w = w - lr * Z.T @ (Z @ w - target) / len(Z)
    lowest = np.mean((Z @ np.linalg.lstsq(Z, target)[0] - target) ** 2)
    return (np.array(losses) - lowest) / (losses[0] - lowest)


@pytest.mark.parametrize(("scale", "lr"), [(1, 0.3), (10, 0.01), (0.05, 1), (20, 0.001)])
def test_the_path_is_that_of_gradient_descent_on_the_data(scale: float, lr: float) -> None:
    np.testing.assert_allclose(
        features.descend(scale, lr).left, descended(scale, lr, features.STEPS), atol=1e-9
    )


@pytest.mark.parametrize("lr", features.LEARNING_RATES)
@pytest.mark.parametrize("scale", features.SCALES)
def test_what_is_said_of_a_scale_is_true(scale: float, lr: float) -> None:
    run, kind, told = (
        features.descend(scale, lr),
        features.verdict(scale, lr),
        features.sentence(scale, lr),
    )
    assert ("above the limit" in told) == (kind == "divergent") == (lr > run.limit)
    assert ("above the limit" in told) == (run.left[-1] > run.left[0])
    if kind == "arrived":
        assert run.needed is not None
        assert run.needed <= features.STEPS
        assert run.left[run.needed] <= features.ARRIVED < run.left[run.needed - 1]
        assert f"{run.needed} steps are enough" in told
    elif kind != "divergent":
        assert run.left[-1] > features.ARRIVED
        assert f"{100 * run.left[-1]:.0f} % of the way down is left" in told
    if kind == "one weight creeps":  # the weight of the wide column is there, the other is not
        assert run.effects[-1] == pytest.approx(run.effects[-2], abs=0.01)
        narrow = 0 if scale > 1 else 1
        moves = np.abs(np.diff(run.effects[-20:], axis=0)).sum(axis=0)
        assert moves[narrow] > moves[1 - narrow]
        assert f"the wide {'second' if scale > 1 else 'first'} column" in told


@pytest.mark.parametrize("scale", features.SCALES)
def test_no_rate_beats_the_best_by_much(scale: float) -> None:
    rate, steps = features.fewest(scale)
    assert features.descend(scale, rate).needed == steps
    others = [features.descend(scale, rate * factor).needed for factor in (0.8, 0.95)]
    assert all(steps <= needed for needed in others if needed is not None)


# The turned valley


@pytest.mark.parametrize("name", optimizers.NAMES)
def test_only_rules_without_a_ruler_take_the_same_steps_in_a_turned_valley(name: str) -> None:
    straight, turned = (optimizers.walk(name, 0.01, angle).points for angle in (0, 45))
    same = np.allclose(straight @ optimizers.axes(45).T, turned, atol=1e-9)
    assert same == (name in optimizers.LIMITS)


@pytest.mark.parametrize("name", optimizers.LIMITS)
def test_the_longest_stable_rate_is_where_it_turns_over(name: str) -> None:
    limit = optimizers.LIMITS[name] / optimizers.STEEPEST
    below, above = (optimizers.walk(name, limit * factor, 0).left for factor in (0.97, 1.03))
    assert below[-1] < 1 < above[-1]


@pytest.mark.parametrize("angle", optimizers.ANGLES)
@pytest.mark.parametrize("lr", optimizers.LEARNING_RATES)
@pytest.mark.parametrize("name", optimizers.NAMES)
def test_what_is_said_of_a_walk_is_true(name: str, lr: float, angle: int) -> None:
    done = optimizers.walk(name, lr, angle)
    told = optimizers.sentence(optimizers.NAMES.index(name), lr, angle)
    assert told.lower().startswith(f"{done.kind}: ")
    arrives = lr in optimizers.rates_that_arrive(name, angle)
    assert (done.kind == "arrived") == (done.left[-1] <= 0.001) == arrives
    if arrives:
        assert done.left[done.needed :].max() <= 0.001 < done.left[done.needed - 1]
    if done.kind == "divergent":
        assert done.left[-1] > 1
        assert "flies away" in told


# The test size


@pytest.mark.parametrize(("percent", "rows", "points"), [(5, 28, 8), (10, 57, 5), (50, 284, 2)])
def test_the_sentence_says_how_much_is_luck(percent: int, rows: int, points: int) -> None:
    assert data_splits.sentence(percent, 7).startswith(
        f"With {rows} test rows the score moves by ±{points} points from luck alone"
    )


def test_lucky_unlucky_and_typical_seeds_are_told_apart() -> None:
    scores = data_splits.scores(10)
    middle = int(np.abs(scores - scores.mean()).argmin())
    for seed, says in {
        int(scores.argmax()): "better than",
        int(scores.argmin()): "worse than",
        middle: "as good",
    }.items():
        assert f"Seed {seed} makes the model look" in data_splits.sentence(10, seed)
        assert says in data_splits.sentence(10, seed)
    assert "more than there are" in data_splits.sentence(50, 0)
    assert "more than there are" not in data_splits.sentence(10, 0)


@pytest.mark.parametrize(("percent", "seed"), [(5, 0), (10, 7), (50, 199)])
def test_the_scores_are_those_of_a_plain_computation(percent: int, seed: int) -> None:
    X, y = data.load_breast_cancer()
    rows = np.random.default_rng(seed).permutation(len(y))
    n_test = round(len(y) * percent / 100)
    test, train = rows[:n_test], rows[n_test:]
    mean, scale = X[train].mean(axis=0), X[train].std(axis=0)
    design = np.column_stack([np.ones(len(train)), (X[train] - mean) / scale])
    weights = np.linalg.lstsq(design, np.where(y[train] == 1, 1.0, -1.0))[0]
    predicted = np.column_stack([np.ones(len(test)), (X[test] - mean) / scale]) @ weights > 0
    assert data_splits.scores(percent)[seed] == pytest.approx(np.mean(predicted == (y[test] == 1)))


def test_the_scores_spread_as_the_formula_says() -> None:
    spreads = []
    for percent in data_splits.PERCENTS:
        scores = data_splits.scores(percent)
        formula = data_splits.half_width(scores.mean(), data_splits.test_rows(percent)) / 1.96
        assert 0.75 * formula < scores.std() < 1.15 * formula
        spreads.append(scores.std())
    assert spreads == sorted(spreads, reverse=True)


@pytest.mark.parametrize(("right", "n"), [(57, 57), (54, 57), (0, 11), (140, 284)])
def test_the_interval_is_wilsons(right: int, n: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(right, n).proportion_ci(method="wilson")
    assert data_splits.wilson_interval(right / n, n) == pytest.approx((expected.low, expected.high), abs=1e-4)


# Schedules


@pytest.mark.parametrize("name", tuning.NAMES)
def test_a_schedule_has_its_shape(name: str) -> None:
    moving = tuning.rates(tuning.NAMES.index(name), 0.4)
    assert len(moving) == tuning.STEPS
    assert moving.max() == pytest.approx(0.4)
    rises = np.diff(moving) > 0
    assert rises.sum() == (tuning.WARM_UP if name == "warm-up, cosine" else 0)
    assert bool(moving[-1] < 0.02 * 0.4) == (name != "constant")


def test_the_constant_trainings_are_those_of_fit() -> None:
    (X, y), validation = tuning._digits()
    model = tuning._network(1)
    history = fit(
        model,
        CrossEntropyLoss(),
        SGD(model, lr=0.4),
        X,
        y,
        batch_size=32,
        num_epochs=tuning.EPOCHS,
        rng=np.random.default_rng(1),
        validation=validation,
        progress=False,
    )
    setting = tuning.trainings(0)[tuning.START_RATES.index(0.4)]
    np.testing.assert_allclose(setting.validation_loss[:, 1], history["validation_loss"], rtol=1e-6)
    np.testing.assert_allclose(setting.loss[:, 1], history["loss"], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "start_rate", "says"),
    [
        ("constant", 0.8, "This schedule ends lowest from 0.8"),
        ("constant", 1.6, "learn little or nothing"),
        ("cosine", 0.05, "higher than with a constant rate from the same start"),
        ("linear", 0.8, "lower than with a constant rate from the same start"),
        ("exponential", 1.6, "A constant rate learns nothing from this start"),
    ],
)
def test_the_sentence_compares_with_the_constant_rate(name: str, start_rate: float, says: str) -> None:
    assert says in tuning.sentence(tuning.NAMES.index(name), start_rate)


# A signal through many layers


@pytest.mark.parametrize(
    ("depth", "gain", "activation", "says"),
    [
        (1, 0.11, "tanh", "Shrinking"),
        (1, 11.3, "ReLU", "Growing"),
        (50, 1.41, "ReLU", "Kept"),
        (50, 1.2, "ReLU", "Vanished"),
        (50, 1.7, "ReLU", "Exploded"),
        (20, 1.0, "tanh", "Shrinking"),
        (20, 1.41, "tanh", "Kept"),
        (50, 11.3, "tanh", "Saturated"),
    ],
)
def test_the_sentence_says_what_becomes_of_the_signal(
    depth: int, gain: float, activation: str, says: str
) -> None:
    assert forward.sentence(depth, gain, activation).startswith(f"{says}: ")


@pytest.mark.parametrize("gain", forward.GAINS)
def test_the_size_with_relu_follows_the_rule(gain: float) -> None:
    size, counts, _ = forward.signal(gain, "ReLU")
    factor = (size[-1] / size[0]) ** (1 / (len(size) - 1))
    assert factor == pytest.approx(gain / np.sqrt(2), rel=0.03)
    np.testing.assert_allclose(counts.sum(axis=1), 1)


# One point away from the others


@pytest.mark.parametrize(
    ("place", "height", "loss", "says"),
    [
        (6, 20, 0, "Hardly moved"),
        (6, 20, 2, "Hardly moved"),
        (6, 20, 3, "Moved"),
        (6, 20, 4, "Dragged"),
        (15, -10, 0, "Moved"),
        (15, -10, 4, "Dragged"),
        (3, 2, 4, "Hardly moved"),
    ],
)
def test_the_sentence_says_what_the_red_point_does(place: float, height: float, loss: int, says: str) -> None:
    assert losses.sentence(place, height, loss).startswith(f"{says}: ")


@pytest.mark.parametrize("delta", losses.DELTAS[1:])
def test_the_pulls_of_a_fitted_line_balance(delta: float) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20), 5 * rng.normal(size=20)
    intercept, slope = losses.fitted(x, y, delta)
    pulls = losses.pull(y - intercept - slope * x, delta)
    np.testing.assert_allclose([pulls.sum(), pulls @ x], 0, atol=1e-6)


def test_no_other_line_has_a_smaller_absolute_error() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20), rng.normal(size=20)
    best = np.array(losses.fitted(x, y, 0))
    tried = best + rng.normal(size=(1000, 2)) * 10.0 ** rng.uniform(-4, 0, (1000, 1))
    errors = np.abs(y - np.vstack([best, tried]) @ np.vstack([np.ones(20), x])).sum(axis=1)
    assert errors.argmin() == 0


# A signal on its way back


@pytest.mark.parametrize(
    ("activation", "depth", "gain", "says"),
    [
        ("sigmoid", 20, 1.0, "Vanished"),
        ("sigmoid", 50, 8.0, "Shrinking"),
        ("tanh", 20, 1.0, "Shrinking"),
        ("tanh", 50, 1.2, "Kept"),
        ("tanh", 50, 4.0, "Exploded"),
        ("ReLU", 50, 0.58, "Vanished"),
        ("ReLU", 50, 1.41, "Kept"),
        ("ReLU", 50, 2.0, "Exploded"),
        ("GELU", 50, 1.41, "Vanished"),
    ],
)
def test_the_sentence_says_what_is_left_of_the_signal(
    activation: str, depth: int, gain: float, says: str
) -> None:
    assert activations.sentence(depth, gain, activation).startswith(f"{says}: ")


@pytest.mark.parametrize("gain", activations.GAINS)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "ReLU", "leaky ReLU"])
def test_the_signal_back_follows_the_rule(activation: str, gain: float) -> None:
    sizes, slopes, shares = activations.signal(50, gain, activation)
    factors = sizes[:-1] / sizes[1:]
    rule = gain * slopes[:-1]
    assert np.exp(np.log(factors).mean()) == pytest.approx(np.exp(np.log(rule).mean()), rel=0.05)
    assert shares.sum() == pytest.approx(1)


def test_the_signal_back_is_that_of_autograd() -> None:
    torch = pytest.importorskip("torch")
    sizes, _, _ = activations.signal(3, 1.0, "GELU")
    (a, rng), zs = (torch.tensor(forward.pictures()), np.random.default_rng(0)), []
    truth = data.load_digits().y[: len(a)]
    for _ in range(3):
        z = a @ torch.tensor(rng.normal(0, 1 / np.sqrt(64), (64, 64)))
        zs.append(z.requires_grad_())
        zs[-1].retain_grad()
        a = torch.nn.functional.gelu(z)
    logits = a @ torch.tensor(rng.normal(0, 1 / np.sqrt(64), (64, 10)))
    torch.nn.functional.cross_entropy(logits, torch.tensor(truth)).backward()
    theirs = [float(z.grad.square().mean().sqrt()) for z in zs]
    np.testing.assert_allclose(sizes, np.array(theirs) / theirs[-1], rtol=1e-10)


# Controls and the view


@pytest.mark.parametrize(("values", "default"), [((1,), 1), ((2, 1), 1), ((1, 1, 2), 1), ((1, 2), 3)])
def test_a_control_that_cannot_work(values: tuple[float, ...], default: float) -> None:
    with pytest.raises(ValueError, match="lr: "):
        Control("lr", "learning rate", values, default)


def small_frame(a: float, b: float) -> Frame:
    file = io.BytesIO()
    Image.new("RGB", (4, 2)).save(file, format="PNG")
    return Frame(Picture(file.getvalue(), f"a = {a}, b = {b}.", width=2), f"Now a < {a} & b.")


SMALL = (Control("a", "first", (1, 10, 100), 10, text="{} m".format), Control("b", "second", (1, 2), 2))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the notebook displays."""
    found: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda what, **options: found.append(what))
    return found


def test_a_saved_notebook_says_what_there_is_without_a_kernel(shown: list[Any]) -> None:
    pytest.importorskip("anywidget")
    view.explore(small_frame, SMALL)
    controls, frame = shown
    assert controls["text/plain"] == "Run this cell to get the sliders: first = 10 m, second = 2"
    bundle = frame._repr_mimebundle_()
    assert bundle["text/plain"] == "a = 10, b = 2.\nNow a < 10 & b."
    assert bundle["text/html"].startswith(
        '<div class="sb-still"><img alt="a = 10, b = 2." width="2" height="1"'
    )
    assert "Now a &lt; 10 &amp; b." in bundle["text/html"]
    assert base64.b64decode(bundle["image/png"]) == frame.picture.data


def test_without_anywidget_the_picture_stands(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    view.explore(small_frame, SMALL)
    (frame,) = shown
    assert frame.alt == "a = 10, b = 2."


def test_the_page_gets_sliders_with_names_and_values_in_words_and_a_picture_for_each_wish() -> None:
    told: list[tuple[Any, ...]] = []
    explorer = view.Explorer(small_frame, SMALL, small_frame(10, 2), lambda *message: told.append(message))
    explorer.heard({"do": "arrive"})
    (hello,), (header, picture) = told
    assert [control["label"] for control in hello["controls"]] == ["first", "second"]
    assert hello["controls"][0]["texts"] == ["1 m", "10 m", "100 m"]
    assert [control["start"] for control in hello["controls"]] == [10, 2]
    assert (header["alt"], header["sentence"]) == ("a = 10, b = 2.", "Now a < 10 & b.")
    assert picture == small_frame(10, 2).picture.data
    explorer.heard({"do": "show", "values": {"a": 100, "b": 1}})
    assert told[-1][0]["alt"] == "a = 100, b = 1."
    assert told[-1][0]["number"] > header["number"]
    explorer.heard({"do": "arrive"})  # the page was loaded again
    assert told[-1][0]["alt"] == "a = 100, b = 1."
    explorer.heard({"do": "dance"})


def test_the_newest_wish_wins() -> None:
    started, go_on, done = threading.Event(), threading.Event(), []

    def slowly(wish: dict[str, Any]) -> None:
        started.set()
        assert go_on.wait(10)
        done.append(wish["a"])

    newest = view.NewestWins(slowly)
    worker = threading.Thread(target=newest.ask, args=({"a": 0},))
    worker.start()
    assert started.wait(10)
    for number in range(1, 6):
        newest.ask({"a": number})  # returns at once: the worker is busy and will look again
    go_on.set()
    worker.join(10)
    assert done == [0, 5]


def test_a_failed_frame_does_not_block_the_next() -> None:
    done = []

    def fails_at_one(wish: dict[str, Any]) -> None:
        if wish["a"] == 1:
            raise ZeroDivisionError
        done.append(wish["a"])

    newest = view.NewestWins(fails_at_one)
    with pytest.raises(ZeroDivisionError):
        newest.ask({"a": 1})
    newest.ask({"a": 2})
    assert done == [2]


@pytest.mark.parametrize("prevalence", baselines_and_metrics.PREVALENCES)
def test_the_four_counts_of_a_thousand_people_are_those_of_the_scores(prevalence):
    explorer = baselines_and_metrics
    p_ill, p_healthy = explorer.scores()
    for threshold in explorer.THRESHOLDS:
        found, missed, alarms, sent_home = explorer.counts(threshold, prevalence)
        assert found + missed + alarms + sent_home == 1000
        assert found + missed == round(1000 * prevalence)
        assert abs(found - (found + missed) * (p_ill >= threshold).mean()) <= 0.5
        assert abs(alarms - (alarms + sent_home) * (p_healthy >= threshold).mean()) <= 0.5


@pytest.mark.parametrize(
    ("threshold", "prevalence", "says"),
    [
        (0.0, 0.05, "yes to all: nobody is missed, and 950 healthy people are called for 50 ill ones"),
        (1.0, 0.05, "no to all: it is right for 950 of 1,000 and finds nobody. It has no precision"),
        (1.0, 0.005, "no threshold on this slider costs less"),
        (0.3, 0.05, "Of 50 ill people 40 are found, 10 missed"),
        (0.3, 0.005, "if it said no to all they would cost 100"),
    ],
)
def test_the_sentence_tells_what_the_threshold_does(threshold, prevalence, says):
    assert says in baselines_and_metrics.sentence(threshold, prevalence)


@pytest.mark.parametrize(
    ("batch_size", "norm", "lr", "says"),
    [
        (1, 1, 0.1, "One row has no spread"),
        (2, 1, 0.1, "Of two rows batch norm keeps the sign only."),
        (2, 2, 0.1, "The best of the six rates here is"),
        (64, 0, 3.0, "Hardly more than a guess"),
        (64, 1, 3.0, "The best of the six rates here is"),
    ],
)
def test_the_sentence_tells_what_norm_and_batch_size_do(batch_size, norm, lr, says):
    assert says in normalization.sentence(batch_size, norm, lr)


def test_two_rows_are_too_few_for_batch_norm_only():
    of_two = {name: normalization.trainings(2, norm) for norm, name in enumerate(normalization.NAMES)}
    best = {name: max(one.accuracy[-1].mean() for one in settings) for name, settings in of_two.items()}
    assert best["batch norm"] < 0.6 < 0.8 < min(best["no norm"], best["layer norm"])


@pytest.mark.parametrize("batch_size", normalization.SIZES)
def test_the_curves_end_with_the_last_pass(batch_size):
    """Those of batches of 256 ended after two of the four passes."""
    normalization.frame(batch_size=batch_size, norm=2, lr=0.1)
    for line in normalization._stage().fig.axes[1].lines:
        assert line.get_xdata()[-1] == normalization.EPOCHS


@pytest.mark.parametrize(
    ("stripes", "turn", "says"),
    [
        ((-1, 0, 1), 0, "an edge filter. Its weights add up to 0, so it answers nothing to an even area"),
        ((-1, 2, -1), 1, "level: a line filter. Its weights add up to 0"),
        ((1, 1, 1), 0, "a blur. Its weights add up to 9, so it answers 9 to an area full of ink"),
        ((0, 0, 0), 0, "no filter at all. Every answer is 0."),
        ((2, -1, -1), 0, "a mixed filter. Its weights add up to 0"),
        ((1, 0, 1), 0, "also answers to plain ink. Its weights add up to 6"),
    ],
)
def test_the_sentence_tells_what_a_filter_answers(stripes, turn, says):
    assert says in convolution.sentence(4, *stripes, turn)


@pytest.mark.parametrize("turn", [0, 1])
def test_the_feature_map_is_pytorchs(turn):
    picture, weights = data.load_digits().X[4].reshape(8, 8) / 16, convolution.kernel(-1, 2, 1, turn)
    theirs = torch.nn.functional.conv2d(
        torch.tensor(picture)[None, None], torch.tensor(weights)[None, None], padding=1
    )
    np.testing.assert_allclose(convolution.feature_map(picture, weights), theirs[0, 0], atol=1e-12)


def test_a_turned_filter_answers_to_the_turned_picture():
    picture = data.load_digits().X[4].reshape(8, 8)
    upright, level = (convolution.kernel(-1, 0, 1, turn) for turn in (0, 1))
    maps = convolution.feature_map(picture, upright), convolution.feature_map(picture.T, level)
    np.testing.assert_array_equal(maps[0].T, maps[1])


@pytest.mark.parametrize(
    ("bits", "share", "grid", "says"),
    [
        (2, 100, 0, "A narrower range would do better"),
        (8, 80, 0, "A wider range would do better"),
        (8, 100, 1, "No other range gains more than two points"),
        (2, 100, 3, "k-means, range min-max"),
    ],
)
def test_the_sentence_tells_what_the_range_does(bits, share, grid, says):
    assert says in quantization.sentence(bits, share, grid)


def test_fewer_bits_are_smaller_and_a_table_is_best_at_two():
    sizes = [quantization.outcome(bits, 100, 0).size for bits in quantization.BITS]
    assert sizes == sorted(sizes)
    right = [quantization.outcome(2, 100, grid).accuracy for grid in range(len(quantization.GRIDS))]
    assert right[0] < 0.5 < 0.85 < right[3] == max(right)


@pytest.mark.parametrize("grid", range(len(quantization.GRIDS)))
def test_the_marks_are_the_numbers_that_exist(grid):
    W = quantization._weights(quantization._networks()[0][0])[0]
    kept = quantization.ruler(W, 3, 99, grid)(W)
    for column, row in enumerate(quantization.marks(3, 99, grid)):
        assert set(np.unique(kept[:, column])) <= set(row.astype(kept.dtype))
        assert 4 <= len(row) <= 8


@pytest.mark.parametrize(
    ("split", "budget", "says"),
    [
        ((8, 8, 8), 3, "over the budget of 3. The solver takes 3, 3, 3 (3.00 a weight)"),
        ((2, 2, 2), 2, "within the budget of 2. It is the solver's choice too."),
        ((2, 8, 2), 8, "within the budget of 8. The solver takes"),
    ],
)
def test_the_sentence_tells_what_a_split_of_bits_takes(split, budget, says):
    assert says in quantized_networks.sentence(*split, budget)


def test_the_solver_keeps_every_budget_and_wins_with_more_room():
    chosen = [quantized_networks.solved(budget) for budget in quantized_networks.BUDGETS]
    for split, budget in zip(chosen, quantized_networks.BUDGETS, strict=True):
        assert quantized_networks.bits_a_weight(split) <= budget
    scores = [quantized_networks.accuracies()[split] for split in chosen]
    assert scores[0] < 0.9 < 0.96 < scores[-1]


def test_splits_are_as_accurate_as_the_networks_that_they_stand_for():
    X, y = quantized_networks._digits()[2]
    split = (2, 4, 3)
    scores = []
    for seed in range(quantized_networks.SEEDS):
        coarse = with_weights_of(quantized_networks.network(seed), split, weight_range=closest)
        scores.append(np.mean(coarse.forward(X).argmax(axis=1) == y))
    assert quantized_networks.accuracies()[split] == pytest.approx(np.mean(scores), abs=2e-3)


# Distillation


def test_a_teacher_that_was_trained_longer_needs_a_higher_temperature():
    """At one T its labels say less of the wrong classes, and a higher T shows them again."""
    outputs = distillation.answers().outputs
    by_epochs = [distillation.entropy(softmax(outputs[n] / 4)).mean() for n in (3, 10, 30, 100)]
    assert by_epochs == sorted(by_epochs, reverse=True)
    assert distillation.entropy(softmax(outputs[100] / 12)).mean() > by_epochs[0]


def test_the_sentence_names_the_first_two_classes_of_the_soft_label():
    p = softmax(distillation.answers().outputs[30][6] / 4)
    first, second = np.argsort(-p)[:2]
    says = distillation.frame(picture=7, T=4, epochs=30).sentence
    assert says.startswith(
        f"A picture of 3: the teacher says {first} with {p[first]:.3f}, then {second} with"
    )
