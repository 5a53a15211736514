"""Figures × odd inputs: another form of the same arrays draws the same; what cannot be drawn leaves a gap.

Each figure of a lesson is called with small arrays in other dtypes and memory, and with numbers that are odd
in themselves. A training that diverged is drawn as far as it goes: it must not end in a bare error.
"""

import functools
import importlib
import io
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from helpers import figures
from helpers.training import Setting, Sweep
from tests.test_explore import EXPLORERS, defaults
from tests.test_odd_inputs import not_contiguous, read_only

Form = Callable[[np.ndarray], Any]
K = np.arange(1.0, 9.0)  # one number for each of eight things, all exact in float16
T = K[:, None] * np.array([1.0, -0.5])  # two columns of them
Y = np.array([0, 1] * 4)
PIXELS = np.arange(640.0).reshape(10, 64) % 16


def setting(form: Form, lr: float = 0.5) -> Setting:
    curves = [form(a) for a in (K[:4], *(np.tile(K[:4, None] / 8, (1, 2)) for _ in range(3)))]
    return Setting(8, lr, *curves)


DRAWN: dict[str, Callable[[Form], Figure]] = {
    "activations.signal_by_layer": lambda f: figure("activations.signal_by_layer")(
        {("Xavier", "tanh"): f(K / 8)}
    ),
    "activations.dead_units": lambda f: figure("activations.dead_units")(K, {"a": (f(T / 8), f(T / 16))}),
    "backward.histogram_of_slopes": lambda f: figure("backward.histogram_of_slopes")(f(K), -4.0),
    "backward.curve_with_steps": lambda f: figure("backward.curve_with_steps")(np.square, {"a": f(K)}),
    "backward.step_size_curve": lambda f: figure("backward.step_size_curve")(
        np.logspace(-12, 0, 8), f(K / 4), f(K / 8)
    ),
    "baselines_and_metrics.roc_curves": lambda f: figure("baselines_and_metrics.roc_curves")(
        f(Y == 1), {"a": f(K / 8)}
    ),
    "baselines_and_metrics.maps": lambda f: figure("baselines_and_metrics.maps")({"a": f(T)}, f(Y)),
    "convolution.two_orders": lambda f: figure("convolution.two_orders")(
        {"a": f(PIXELS[:2].reshape(2, 8, 8))}
    ),
    "convolution.feature_maps": lambda f: figure("convolution.feature_maps")(
        f(PIXELS[:2].reshape(2, 8, 8)), {"a": f(PIXELS[2:4].reshape(2, 8, 8) - 8)}
    ),
    "convolution.receptive_fields": lambda f: figure("convolution.receptive_fields")(
        {"a": f(PIXELS[0].reshape(8, 8))}
    ),
    "convolution.accuracy_by_rows": lambda f: figure("convolution.accuracy_by_rows")(
        f(K), {"task": {"a": f(T / 8)}}
    ),
    "data_splits.digits_with_labels": lambda f: figure("data_splits.digits_with_labels")(
        f(PIXELS), f(np.arange(10)), f(np.arange(10))
    ),
    "data_splits.fold_map": lambda f: figure("data_splits.fold_map")([(f(Y[:1]), f(Y[1:2]))]),
    "data_splits.picked_by_chance": lambda f: figure("data_splits.picked_by_chance")(
        {"a": f(K / 8), "b": f(K / 16)}
    ),
    "distillation.frontier": lambda f: figure("distillation.frontier")({"a": (f(K[1:]), f(T[1:] / 8))}),
    "distillation.soft_labels": lambda f: figure("distillation.soft_labels")(
        f(PIXELS[:2].reshape(2, 64)), {1: f(np.eye(10)[:2])}
    ),
    "features.in_two_units": lambda f: figure("features.in_two_units")({"a": f(T)}, f(Y), ("x", "y")),
    "features.found_map": lambda f: figure("features.found_map")(f(T), f(T + T**2)),
    "features.two_noises": lambda f: figure("features.two_noises")(f(K), f(K / 8), (1.0, 0.5)),
    "deployment.waiting": lambda f: figure("deployment.waiting")(f(K), {"a": (f(K / 4), f(K / 8))}),
    "deployment.alarms_and_accuracy": lambda f: figure("deployment.alarms_and_accuracy")(
        K / 8, {"a": f(K / 8)}
    ),
    "deployment.percentiles": lambda f: figure("deployment.percentiles")({"a": f(K)}),
    "forward.regions": lambda f: figure("forward.regions")(f(T / 8), f(Y), {"a": f(np.eye(4))}),
    "forward.one_picture": lambda f: figure("forward.one_picture")(
        f(PIXELS[0]), f(PIXELS[:2].ravel()), f(np.arange(10) / 16)
    ),
    "forward.sizes_by_layer": lambda f: figure("forward.sizes_by_layer")({("tanh", "He"): f(K)}),
    "generative_and_meta.on_the_ring": lambda f: figure("generative_and_meta.on_the_ring")(
        f(T / 8), {"a": [f(T / 8)]}, ["1 step"]
    ),
    "generative_and_meta.maps_of_one_cloud": lambda f: figure("generative_and_meta.maps_of_one_cloud")(
        {"a": f(T)}
    ),
    "generative_and_meta.two_ways": lambda f: figure("generative_and_meta.two_ways")(
        {"a": f(T / 2)}, (4, 12)
    ),
    "generative_and_meta.error_by_rate": lambda f: figure("generative_and_meta.error_by_rate")(
        f(K), {"a": f(T**2)}
    ),
    "large_model_quantization.bytes_by_part": lambda f: figure("large_model_quantization.bytes_by_part")(
        {"float32": dict(zip("abcd", f(K[:4]), strict=True))}
    ),
    "large_model_quantization.ladder": lambda f: figure("large_model_quantization.ladder")(
        {"a column": f(K[1:])}, {"a column": f(K[1:] / 16)}, 0.25, (0.125, 0.5)
    ),
    "large_model_quantization.inputs_by_feature": lambda f: figure(
        "large_model_quantization.inputs_by_feature"
    )([f(K), f(K / 4)], ["0", "1"], [2]),
    "losses.one_number": lambda f: figure("losses.one_number")(f(K), {"MSE": f(K / 4)}),
    "losses.values_and_pulls": lambda f: figure("losses.values_and_pulls")(
        f(K), {"MSE": f(K)}, {"MSE": f(K / 4)}
    ),
    "losses.by_logit": lambda f: figure("losses.by_logit")(f(K), {"hinge": f(K)}, {"hinge": f(K / 4)}),
    "normalization.accuracy_by_rate": lambda f: figure("normalization.accuracy_by_rate")(K, {"a": f(T / 8)}),
    "normalization.accuracy_by_batch_size": lambda f: figure("normalization.accuracy_by_batch_size")(
        {("none", 2): f(K / 8), ("none", 4): f(K / 16)}
    ),
    "optimizers.two_valleys": lambda f: figure("optimizers.two_valleys")({0: {"a": f(T / 8)}}, [np.eye(2)]),
    "optimizers.race": lambda f: figure("optimizers.race")({"a": {"SGD": f(K / 8)}}, {"a": "share wrong"}),
    "overfitting.double_descent": lambda f: figure("overfitting.double_descent")(
        f(K), {"new rows": f(T / 8)}, 4
    ),
    "overfitting.learning_by_heart": lambda f: figure("overfitting.learning_by_heart")(
        {"a": (f(K / 8), f(K / 16))}
    ),
    "overfitting.many_fits": lambda f: figure("overfitting.many_fits")(f(K), f(K / 8), {"a": f(T.T / 8)}),
    "overfitting.two_parts": lambda f: figure("overfitting.two_parts")(
        f(K), {"bias²": f(K / 8)}, "λ", log=True
    ),
    "quantization.error_by_range": lambda f: figure("quantization.error_by_range")(f(K), {8: f(K / 4)}),
    "quantization.grids_over_weights": lambda f: figure("quantization.grids_over_weights")(
        f(T), {"uniform": f(K - 4)}
    ),
    "quantization.ladder": lambda f: figure("quantization.ladder")((8, 4), {"a": [f(K / 8), f(K / 16)]}),
    "quantized_networks.accuracy_by_bits": lambda f: figure("quantized_networks.accuracy_by_bits")(
        {"rounded": {2: f(K / 8), 8: f(K / 16)}}, 0.5
    ),
    "quantized_networks.layer_times": lambda f: figure("quantized_networks.layer_times")(
        {
            tokens: dict(zip(("bf16", "int8 weights", "int4 weights", "int8 both"), f(K[:4]), strict=True))
            for tokens in (1, 64)
        }
    ),
    "quantized_networks.sums_of_rises": lambda f: figure("quantized_networks.sums_of_rises")(
        f(K / 8), f(K / 16)
    ),
    "sequences.perplexity_by_context": lambda f: figure("sequences.perplexity_by_context")(
        {"a": (f(K), f(K / 4))}
    ),
    "sequences.slopes_by_distance": lambda f: figure("sequences.slopes_by_distance")({"a": f(K / 8)}),
    "sequences.where_it_looked": lambda f: figure("sequences.where_it_looked")("abcdefgh", f(K / 8)),
    "start.answers": lambda f: figure("start.answers")(f(K - 4), f(Y), ("no", "yes")),
    "start.watermarks": lambda f: figure("start.watermarks")(f(PIXELS[:2] / 16), f(np.eye(10)[:2]), "ab"),
    "start.centres": lambda f: figure("start.centres")(f(PIXELS), "abcdefghij"),
    "training_loop.rate_sweep": lambda f: figure("training_loop.rate_sweep")(
        Sweep([setting(f), setting(f, 1.0)])
    ),
    "training_loop.gradient_noise": lambda f: figure("training_loop.gradient_noise")(K, f(K / 4), 0.5),
    "training_loop.three_rulers": lambda f: figure("training_loop.three_rulers")(Sweep([setting(f)]), 25.0),
    "trust.versions_of_pictures": lambda f: figure("trust.versions_of_pictures")(
        {"a": (f(PIXELS[:2] / 16), f(np.arange(2)), f(K[:2] / 8))}, np.arange(2)
    ),
    "trust.reliability": lambda f: figure("trust.reliability")(
        {"a": (f(np.tile(K / 8, 10)), f(np.tile(K > 4, 10)))}
    ),
    "trust.credit_maps": lambda f: figure("trust.credit_maps")({"a": {"b": f(np.tile(K, 2))}}),
    "tuning.finder": lambda f: figure("tuning.finder")(f(K), f(K / 4), 2.0),
    "tuning.schedules": lambda f: figure("tuning.schedules")({"linear": f(np.tile(K / 8, 32))}),
    "tuning.curves": lambda f: figure("tuning.curves")({"a": setting(f)}),
    "tuning.search_progress": lambda f: figure("tuning.search_progress")({"a": f(np.abs(T) / 8)}),
}
OF_NO_ARRAY = {
    "optimizers.rings",
    "activations.curves",
    "backward.graph_of_one_neuron",
    "forward.perceptrons",
    "normalization.axes_of_norms",
    "quantization.staircase",
    "quantized_networks.staircase",
    "start.process",
}


def figure(name: str) -> Any:
    room, function = name.split(".")
    return getattr(importlib.import_module(f"helpers.figures.{room}"), function)


def test_every_figure_of_a_lesson_is_here():
    rooms = [room.name for room in pkgutil.iter_modules(figures.__path__) if room.name != "style"]
    public = {
        f"{room}.{name}"
        for room in rooms
        for name in importlib.import_module(f"helpers.figures.{room}").__all__
    }
    assert public == set(DRAWN) | OF_NO_ARRAY


def content(fig: Figure) -> list[Any]:
    """What the artists of a figure hold: lines, bars, images, texts."""
    held: list[Any] = []
    for ax in fig.axes:
        held += [line.get_xydata() for line in ax.lines]
        held += [
            patch.get_path().vertices @ patch.get_patch_transform().get_matrix()[:2, :2]
            for patch in ax.patches
        ]
        held += [np.asarray(image.get_array(), float) for image in ax.images]
        held += [(text.get_text(), text.get_position()) for text in ax.texts]
    return held


@functools.cache
def usual(name: str) -> list[Any]:
    return content(DRAWN[name](np.copy))


FORMS: dict[str, Form] = {
    "float16": lambda a: a.astype(np.float16) if a.dtype.kind == "f" else a,
    "float32": lambda a: a.astype(np.float32) if a.dtype.kind == "f" else a,
    "small whole numbers": lambda a: a.astype(np.int8) if a.dtype.kind == "i" else a,
    "Fortran order": np.asfortranarray,
    "non-contiguous": not_contiguous,
    "backwards in memory": lambda a: a[::-1].copy()[::-1],
    "read-only": read_only,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_the_form_of_the_arrays_changes_nothing(name, form):
    want, got = usual(name), content(DRAWN[name](FORMS[form]))
    assert len(want) == len(got) > 0
    for one, other in zip(want, got, strict=True):
        if isinstance(one, tuple):
            assert one[0] == other[0]
            one, other = one[1], other[1]
        np.testing.assert_allclose(np.asarray(other, float), np.asarray(one, float), rtol=2e-3, atol=2e-3)


def spoilt(by: float) -> Form:
    """The third number, and with it a row of a table, is `by`; whole numbers and truth values stay."""

    def spoil(a: np.ndarray) -> np.ndarray:
        a = a.copy()
        if a.dtype.kind == "f":
            a[min(2, len(a) - 1)] = by
        return a

    return spoil


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("by", [np.nan, np.inf, 0.0])
@pytest.mark.parametrize("name", DRAWN)
def test_an_odd_number_leaves_a_gap_or_is_told(name, by):
    said = "finite"
    try:
        DRAWN[name](spoilt(by)).savefig(io.BytesIO(), dpi=20)
    except ValueError as error:
        said = str(error)
    assert re.search("finite|NaN|missing", said)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_an_explorer_takes_numbers_of_numpy(explorer):
    usual = explorer.frame(**defaults(explorer))
    of_numpy = {name: np.asarray(value)[()] for name, value in defaults(explorer).items()}
    assert explorer.frame(**of_numpy).sentence == usual.sentence
    assert explorer.frame(**of_numpy).picture.data == usual.picture.data


ODD_VALUES = [float("nan"), float("inf"), -1e9, "0.1", None]


@pytest.mark.parametrize("odd", ODD_VALUES)
@pytest.mark.parametrize("explorer", EXPLORERS)
def test_an_explorer_tells_what_is_no_value_of_its_sliders(explorer, odd):
    for control in explorer.CONTROLS:
        with pytest.raises((ValueError, TypeError)) as told:
            explorer.frame(**defaults(explorer) | {control.name: odd})
        assert control.name in str(told.value)
