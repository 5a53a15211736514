"""From settings to a network, its loss, its optimizer and its penalty."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from helpers.explore.playground.problem import Problem
from helpers.explore.playground.settings import Settings
from helpers.nn import activations, initializers, losses, optimizers
from helpers.nn.base import Layer
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.normalization import BatchNorm
from helpers.nn.regularization import Dropout, Penalty

ACTIVATION: dict[str, Any] = {
    "tanh": activations.Tanh,
    "ReLU": activations.ReLU,
    "leaky ReLU": activations.LeakyReLU,
    "ELU": activations.ELU,
    "GELU": activations.GELU,
    "SiLU": activations.SiLU,
    "sigmoid": activations.Sigmoid,
}
INITIALISATION: dict[str, Any] = {
    "Xavier": initializers.xavier_uniform,
    "He": initializers.he_uniform,
    "small": partial(initializers.normal, std=0.01),
    "large": partial(initializers.normal, std=1.0),
    "zeros": lambda W, rng: initializers.zeros(W),
}
LOSS: dict[str, Any] = {
    "squared error": losses.MSELoss,
    "absolute error": losses.L1Loss,
    "Huber": losses.HuberLoss,
    "hinge": losses.HingeLoss,
    "squared hinge": losses.SquaredHingeLoss,
    "exponential": losses.ExponentialLoss,
}
OPTIMIZER: dict[str, Any] = {
    "SGD": optimizers.SGD,
    "momentum": partial(optimizers.SGD, momentum=0.9),
    "Nesterov": partial(optimizers.SGD, momentum=0.9, nesterov=True),
    "AdaGrad": optimizers.Adagrad,
    "RMSProp": optimizers.RMSprop,
    "Adam": optimizers.Adam,
    "AdamW": optimizers.AdamW,
}


def build_model(settings: Settings, problem: Problem, rng: np.random.Generator) -> Sequential:
    """The network with its first weights, drawn from `rng`.

    >>> from helpers.explore.playground.problem import problem
    >>> settings = Settings(hidden_layers=1, units=4)
    >>> print(build_model(settings, problem(settings), np.random.default_rng(0)).summary((1, 2)))
    layer   output  parameters
    Linear  (1, 4)          12
    Tanh    (1, 4)           0
    Linear  (1, 1)           5
    total                   17
    """
    layers: list[Layer] = []
    width = problem.X.shape[1]
    for _ in range(settings.hidden_layers):
        layers.append(Linear(width, settings.units, rng=rng))
        width = settings.units
        if settings.batch_norm:
            layers.append(BatchNorm(width))
        if settings.activation in ACTIVATION:
            layers.append(ACTIVATION[settings.activation]())
        if settings.dropout:
            layers.append(Dropout(settings.dropout, rng=rng))
    model = Sequential(*layers, Linear(width, problem.outputs, rng=rng))
    if settings.initialisation in INITIALISATION:
        for layer in linear_layers(model):
            INITIALISATION[settings.initialisation](layer.W, rng=rng)
            layer.b = 0
    return model


def linear_layers(model: Sequential) -> list[Linear]:
    """The layers with weights, from the input to the output."""
    return [layer for layer in model.layers if isinstance(layer, Linear)]


def build_loss(settings: Settings, problem: Problem) -> losses.Loss:
    """The loss; the cross-entropy of two classes needs one output, that of more one for each."""
    if settings.loss == "cross-entropy":
        return losses.BCEWithLogitsLoss() if problem.outputs == 1 else losses.CrossEntropyLoss()
    return LOSS[settings.loss]()


def build_optimizer(settings: Settings, model: Any, lr: Any = None) -> Any:
    """The optimizer; `lr` overrides the setting's, for a fleet one for each model."""
    return OPTIMIZER[settings.optimizer](model, lr=settings.lr if lr is None else lr)


def build_penalty(settings: Settings, model: Any) -> Penalty | None:
    """The penalty on the weights, if there is one."""
    if settings.l1 or settings.l2:
        return Penalty(model, l1=settings.l1, l2=settings.l2)
    return None
