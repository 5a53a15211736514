"""From settings to a network, its loss, its optimizer and its penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.explore.playground import names
from helpers.explore.playground.problem import Problem
from helpers.explore.playground.settings import Settings
from helpers.nn.base import Layer
from helpers.nn.containers import Sequential
from helpers.nn.layers import Linear
from helpers.nn.losses import Loss
from helpers.nn.normalization import BatchNorm
from helpers.nn.regularization import Dropout, Penalty


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
        if activation := names.ACTIVATION[settings.activation]:
            layers.append(activation())
        if settings.dropout:
            layers.append(Dropout(settings.dropout, rng=rng))
    model = Sequential(*layers, Linear(width, problem.outputs, rng=rng))
    if initialise := names.INITIALISATION[settings.initialisation]:
        for layer in linear_layers(model):
            initialise(layer.W, *[rng] * initialise.draws)
            layer.b = 0
    return model


def linear_layers(model: Sequential) -> list[Linear]:
    """The layers with weights, from the input to the output."""
    return [layer for layer in model.layers if isinstance(layer, Linear)]


def build_loss(settings: Settings, problem: Problem) -> Loss:
    """The loss; which cross-entropy it is depends on the number of outputs."""
    loss: Loss = names.loss_part(settings.loss, problem.outputs)()
    return loss


def build_optimizer(settings: Settings, model: Any, lr: Any = None) -> Any:
    """The optimizer; `lr` overrides the setting's, for a fleet one for each model."""
    return names.OPTIMIZER[settings.optimizer](model, lr=settings.lr if lr is None else lr)


def build_penalty(settings: Settings, model: Any) -> Penalty | None:
    """The penalty on the weights, if there is one."""
    if settings.l1 or settings.l2:
        return Penalty(model, l1=settings.l1, l2=settings.l2)
    return None
