"""Every setting of the playground: what it is called, what it can be, and what does not go together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from helpers.explore.playground import names

SAMPLES = 256
DATA = ("moons", "circle", "xor", "spiral", "blobs", "line", "digits")
FEATURES = ("x1", "x2", "x1²", "x2²", "x1·x2", "sin πx1", "sin πx2")
ACTIVATIONS, INITIALISATIONS = tuple(names.ACTIVATION), tuple(names.INITIALISATION)
CLASS_LOSSES, VALUE_LOSSES, LOSSES = tuple(names.CLASS_LOSS), tuple(names.VALUE_LOSS), tuple(names.LOSS)
OPTIMIZERS = tuple(names.OPTIMIZER)
LEARNING_RATES = tuple(
    float(f"{digits}e{power}") for power in range(-4, 2) for digits in (1, 1.5, 2, 3, 5, 7)
)[:-5]
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PENALTIES = (0.0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
MOST_LAYERS = 6


@dataclass(frozen=True)
class Settings:
    """One network, its data and how it is trained. Every combination that does not make sense is refused.

    `train_share` is the share of the samples to train on; `features` are columns made of the two inputs,
    in the order of `FEATURES`; `hidden_layers` layers of `units` each. `l1` and `l2` are penalties on the
    weights. `seed` decides the data, the first weights and the order of the batches.
    Raises ValueError or TypeError that says what was given and what to do.

    >>> Settings(lr=0.3).lr, Settings().batch_size
    (0.3, 16)
    >>> Settings(data="line")
    Traceback (most recent call last):
    ...
    ValueError: "cross-entropy" needs classes, and the data "line" ask for a number. Choose "squared error", \
"absolute error" or "Huber".
    """

    data: str = "moons"
    noise: float = 0.2
    train_share: float = 0.5
    features: tuple[str, ...] = ("x1", "x2")
    hidden_layers: int = 2
    units: int = 16
    activation: str = "tanh"
    initialisation: str = "default"
    loss: str = "cross-entropy"
    optimizer: str = "SGD"
    lr: float = 0.3
    batch_size: int = 16
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    batch_norm: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            check(name, getattr(self, name))
        object.__setattr__(self, "features", _in_order(self.features))
        fitting = losses_for(self.data)
        if self.loss not in fitting:
            needs, asks = ("classes", "a number") if self.loss in CLASS_LOSSES else ("a number", "classes")
            raise ValueError(
                f'"{self.loss}" needs {needs}, and the data "{self.data}" ask for {asks}. '
                f"Choose {_either(fitting)}."
            )
        last = (SAMPLES - validation_size(self.train_share)) % self.batch_size
        if self.batch_norm and self.hidden_layers and (self.batch_size == 1 or last == 1):
            raise ValueError(
                "Batch norm needs at least 2 samples in a batch, also in the last of an epoch: the "
                "variance of one says nothing. Choose another batch size, such as 16, or no batch norm."
            )
        if self.data == "line" and not set(self.features) - {"x2", "x2²", "x1·x2", "sin πx2"}:
            raise ValueError(
                f'The data "line" have one input, x1, and the features are {_listed(self.features)}. '
                "Choose x1, x1² or sin πx1."
            )

    @property
    def used_features(self) -> tuple[str, ...]:
        """The features that the data have: a line has one input only."""
        return tuple(name for name in self.features if self.data != "line" or "x2" not in name)

    @property
    def regression(self) -> bool:
        """Whether a number is predicted, not a class."""
        return self.data == "line"

    def but(self, **changes: Any) -> Settings:
        """These settings with some changes; from classes to numbers or back, the loss becomes the usual one.

        >>> Settings().but(data="line").loss, Settings().but(data="line").but(data="moons").loss
        ('squared error', 'cross-entropy')
        """
        if unknown := set(changes) - set(NAMES):
            raise ValueError(f"There is no setting {_listed(sorted(unknown))}. There are {_listed(NAMES)}.")
        data = changes.get("data", self.data)
        if "loss" not in changes and data in DATA and losses_for(data) != losses_for(self.data):
            changes["loss"] = losses_for(data)[0]  # also where the old one would do
        features = changes.get("features", self.features)
        if data == "line" and "data" in changes and not any("x2" not in name for name in features):
            changes["features"] = ("x1", *features)
        return replace(self, **changes)

    def in_words(self, name: str) -> str:
        """A setting as it is read out: its name and its value.

        >>> Settings().in_words("lr"), Settings().in_words("train_share"), Settings().in_words("features")
        ('learning rate 0.3', 'training part 50 %', 'inputs x1, x2')
        """
        value = getattr(self, name)
        if name == "features":
            return f"{LABELS[name]} {', '.join(value)}"
        if name == "train_share":
            return f"{LABELS[name]} {100 * value:.0f} %"
        if isinstance(value, bool):
            return f"{LABELS[name]} {ON_OFF[value]}"
        return f"{LABELS[name]} {value:g}" if isinstance(value, float) else f"{LABELS[name]} {value}"

    def changes(self, start: Settings | None = None) -> dict[str, list[str]]:
        """For each group of settings, in words, what differs from `start` (by default that of the course).

        >>> Settings(noise=0.4, optimizer="Adam").changes()
        {'Data': ['noise 0.4'], 'Network': [], 'Training': ['optimizer Adam']}
        """
        start = (start or Settings()).but(data=self.data)  # a loss that only follows the data is no change
        return {
            group: [self.in_words(name) for name in names if getattr(self, name) != getattr(start, name)]
            for group, names in GROUPS.items()
        }

    def as_text(self) -> str:
        """A short text that `from_text` turns into these settings again: the data, and what is not usual.

        >>> Settings(data="spiral", lr=0.03, features=("x1", "x2", "sin πx1")).as_text()
        'data=spiral; features=x1+x2+sin πx1; lr=0.03'
        """
        usual = Settings().but(data=self.data)
        names = [n for n in NAMES if n == "data" or getattr(self, n) != getattr(usual, n)]
        return "; ".join(f"{name}={written(getattr(self, name))}" for name in names)

    @classmethod
    def from_text(cls, text: str) -> Settings:
        """The settings of a text that `as_text` wrote; what it leaves out is as usual.

        Raises ValueError or TypeError, which say which part of the text is wrong and what to write.

        >>> Settings.from_text("data=spiral; lr=0.03").lr
        0.03
        >>> Settings.from_text("lr=fast")
        Traceback (most recent call last):
        ...
        ValueError: "lr=fast" does not say what it should: lr is a number, such as lr=0.3.
        """
        if not isinstance(text, str):
            raise TypeError(f"The settings are a text such as {cls().but(lr=0.1).as_text()!r}, got {text!r}.")
        values: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.replace("\n", ";").split(";"))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or name not in NAMES:
                raise ValueError(
                    f"{_quoted(part)} is no setting. Write parts such as lr=0.1, with a semicolon between "
                    f"them; the names are {', '.join(NAMES)}."
                )
            if name in values:
                raise ValueError(f"{name} is given twice: leave one of them out.")
            values[name] = _read(name, value, part)
        return cls().but(**values)


NAMES = tuple(field.name for field in fields(Settings))
LABELS = {
    "data": "data",
    "noise": "noise",
    "train_share": "training part",
    "features": "inputs",
    "hidden_layers": "hidden layers",
    "units": "units in each layer",
    "activation": "activation",
    "initialisation": "first weights",
    "loss": "loss",
    "optimizer": "optimizer",
    "lr": "learning rate",
    "batch_size": "batch size",
    "l1": "L1 penalty",
    "l2": "L2 penalty",
    "dropout": "dropout",
    "batch_norm": "batch norm",
    "seed": "seed",
}
"""What a reader calls each setting."""
GROUPS = {
    "Data": ("noise", "train_share", "seed"),
    "Network": (
        "features",
        "hidden_layers",
        "units",
        "activation",
        "initialisation",
        "dropout",
        "batch_norm",
    ),
    "Training": ("loss", "optimizer", "l1", "l2"),
}
"""The settings that are folded away; data, learning rate and batch size are always in sight."""
ON_OFF = ("off", "on")
LIVE = frozenset({"lr", "batch_size", "l1", "l2"})
"""What may change while a network trains: it keeps its weights."""


def validation_size(train_share: float) -> int:
    """How many samples are held out: an even number, so that no batch of 2, 4, 8, … has a single sample left.

    >>> validation_size(0.5), validation_size(0.3)
    (128, 180)
    """
    return 2 * round(SAMPLES * (1 - train_share) / 2)


def losses_for(data: str) -> tuple[str, ...]:
    """The losses that fit a data set.

    >>> losses_for("line")
    ('squared error', 'absolute error', 'Huber')
    """
    return VALUE_LOSSES if data == "line" else CLASS_LOSSES


def written(value: Any) -> str:
    """A value as it stands in the text of settings.

    >>> written(("x1", "x2")), written(True), written(0.1), written("leaky ReLU")
    ('x1+x2', 'on', '0.1', 'leaky ReLU')
    """
    if isinstance(value, tuple):
        return "+".join(value)
    return ON_OFF[value] if isinstance(value, bool) else str(value)


def _read(name: str, value: str, part: str) -> Any:
    """The value of one part of a text of settings."""
    usual = getattr(Settings(), name)
    if isinstance(usual, str):
        return value
    if isinstance(usual, tuple):
        return tuple(filter(None, (piece.strip() for piece in value.split("+"))))
    try:
        return bool(ON_OFF.index(value)) if isinstance(usual, bool) else type(usual)(value)
    except ValueError:
        kind = {bool: "on or off", int: "a whole number", float: "a number"}[type(usual)]
        raise ValueError(
            f"{_quoted(part)} does not say what it should: {name} is {kind}, such as {name}={written(usual)}."
        ) from None


def _quoted(part: str) -> str:
    return f'"{part}"' if len(part) <= 60 else f'"{part[:60]}…"'


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) or "none"


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [_listed(names[:-1]), f'"{names[-1]}"']))


def _in_order(features: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in FEATURES if name in features)


def one_of(*names: str) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if value not in names:
            raise ValueError(f"{name} is {value!r}. Choose {_either(names)}.")

    return check


def whole(low: int, high: int) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be a whole number from {low} to {high}, got {value!r}.")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}. Choose a whole number from {low} to {high}.")

    return check


def number(low: float, high: float, above: bool = False) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        bounds = f"a number {f'above {low:g} and up to' if above else f'from {low:g} to'} {high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} must be {bounds}, got {value!r}.")
        if not (math.isfinite(value) and low <= value <= high) or (above and value == low):
            raise ValueError(f"{name} is {value}. Choose {bounds}.")

    return check


def some_features(name: str, value: Any) -> None:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be a tuple of names such as ('x1', 'x2'), got {value!r}.")
    if unknown := [one for one in value if one not in FEATURES]:
        raise ValueError(f"{name} has {_listed(unknown)}. Choose from {_listed(FEATURES)}.")
    if not value:
        raise ValueError(f"{name} is empty: a network needs an input. Choose from {_listed(FEATURES)}.")


def switch(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is on or off: it must be True or False, got {value!r}.")


CHECKS: dict[str, Callable[[str, Any], None]] = {
    "data": one_of(*DATA),
    "noise": number(0, 1),
    "train_share": number(0.1, 0.9),
    "features": some_features,
    "hidden_layers": whole(0, MOST_LAYERS),
    "units": whole(1, 64),
    "activation": one_of(*ACTIVATIONS),
    "initialisation": one_of(*INITIALISATIONS),
    "loss": one_of(*LOSSES),
    "optimizer": one_of(*OPTIMIZERS),
    "lr": number(0, 100, above=True),
    "batch_size": whole(1, 256),
    "l1": number(0, 10),
    "l2": number(0, 10),
    "dropout": number(0, 0.9),
    "batch_norm": switch,
    "seed": whole(0, 2**31 - 1),
}
