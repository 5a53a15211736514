"""The tasks of exercise 09: batches, the loop, large batches in pieces, stopping, resuming, tuning."""

from helpers.checks.training_loop.accumulation import accumulate
from helpers.checks.training_loop.batches import mini_batches
from helpers.checks.training_loop.loop import train
from helpers.checks.training_loop.resuming import resume
from helpers.checks.training_loop.stopping import early_stopping
from helpers.checks.training_loop.tuning import tune_in_a_budget

TASKS = [mini_batches, train, accumulate, early_stopping, resume, tune_in_a_budget]
