"""The tasks of exercise 09: batches, the loop, large batches in pieces, the noise of the gradient."""

from helpers.checks.training_loop.accumulation import accumulate
from helpers.checks.training_loop.batches import mini_batches
from helpers.checks.training_loop.loop import train
from helpers.checks.training_loop.noise import gradient_noise

TASKS = [mini_batches, train, accumulate, gradient_noise]
