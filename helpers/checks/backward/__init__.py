"""The tasks of exercise 05: from a numerical gradient to a network trained with one's own backward pass."""

from helpers.checks.backward.autodiff import autodiff_node
from helpers.checks.backward.layers import soft_cross_entropy_backward, tied_backward
from helpers.checks.backward.numerical import numerical_gradient
from helpers.checks.backward.training import train_autoencoder

TASKS = [
    numerical_gradient,
    tied_backward,
    soft_cross_entropy_backward,
    autodiff_node,
    train_autoencoder,
]
