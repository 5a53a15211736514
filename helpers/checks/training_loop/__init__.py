"""The tasks of exercise 09: batches, the loop, large batches in pieces."""

from helpers.checks.training_loop.accumulation import accumulate
from helpers.checks.training_loop.batches import mini_batches
from helpers.checks.training_loop.loop import train

TASKS = [mini_batches, train, accumulate]
