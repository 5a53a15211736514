"""The tasks of exercise 10: stopping, resuming, searching in a budget."""

from helpers.checks.tuning.resuming import resume
from helpers.checks.tuning.stopping import early_stopping
from helpers.checks.tuning.tuning import tune_in_a_budget

TASKS = [early_stopping, resume, tune_in_a_budget]
