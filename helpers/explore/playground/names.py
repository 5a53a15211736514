"""The one table of the names that a reader chooses from, and what each is made of in `helpers.nn`.

The settings offer these names, the network is built from them, and "Copy as code" writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from helpers.nn import activations, initializers, losses, optimizers


@dataclass(frozen=True)
class Part:
    """A class or function of `helpers.nn`, the options that belong to a name, and whether it draws by chance.

    >>> NESTEROV = Part(optimizers.SGD, {"momentum": 0.9, "nesterov": True})
    >>> NESTEROV.name, NESTEROV.words
    ('SGD', ', momentum=0.9, nesterov=True')
    """

    make: Any
    options: dict[str, Any] = field(default_factory=dict)
    draws: bool = False

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        """What it makes of these arguments."""
        return self.make(*arguments, **self.options, **more)

    @property
    def name(self) -> str:
        """What it is called in `helpers.nn`."""
        return str(self.make.__name__)

    @property
    def words(self) -> str:
        """The options as they stand in a call, after other arguments."""
        return "".join(f", {name}={value!r}" for name, value in self.options.items())


ACTIVATION: dict[str, Part | None] = {
    "tanh": Part(activations.Tanh),
    "ReLU": Part(activations.ReLU),
    "leaky ReLU": Part(activations.LeakyReLU),
    "ELU": Part(activations.ELU),
    "GELU": Part(activations.GELU),
    "SiLU": Part(activations.SiLU),
    "sigmoid": Part(activations.Sigmoid),
    "none": None,
}
INITIALISATION: dict[str, Part | None] = {
    "default": None,  # that of the layer itself
    "Xavier": Part(initializers.xavier_uniform, draws=True),
    "He": Part(initializers.he_uniform, draws=True),
    "small": Part(initializers.normal, {"std": 0.01}, draws=True),
    "large": Part(initializers.normal, {"std": 1.0}, draws=True),
    "zeros": Part(initializers.zeros),
}
CLASS_LOSS: dict[str, Part | None] = {
    "cross-entropy": None,  # which one depends on the number of outputs: `loss_part`
    "squared error": Part(losses.MSELoss),
    "hinge": Part(losses.HingeLoss),
    "squared hinge": Part(losses.SquaredHingeLoss),
    "exponential": Part(losses.ExponentialLoss),
}
VALUE_LOSS: dict[str, Part | None] = {
    "squared error": Part(losses.MSELoss),
    "absolute error": Part(losses.L1Loss),
    "Huber": Part(losses.HuberLoss),
}
LOSS = CLASS_LOSS | VALUE_LOSS
OPTIMIZER: dict[str, Part] = {
    "SGD": Part(optimizers.SGD),
    "momentum": Part(optimizers.SGD, {"momentum": 0.9}),
    "Nesterov": Part(optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": Part(optimizers.Adagrad),
    "RMSProp": Part(optimizers.RMSprop),
    "Adam": Part(optimizers.Adam),
    "AdamW": Part(optimizers.AdamW),
}


def loss_part(name: str, outputs: int) -> Part:
    """The loss of that name; the cross-entropy of two classes needs one output, that of more one for each.

    >>> loss_part("cross-entropy", outputs=1).name, loss_part("Huber", outputs=1).name
    ('BCEWithLogitsLoss', 'HuberLoss')
    """
    cross_entropy = losses.BCEWithLogitsLoss if outputs == 1 else losses.CrossEntropyLoss
    return LOSS[name] or Part(cross_entropy)
