"""The tasks of exercise 10: a schedule, stopping in time, going on after a break, a search on a budget."""

from helpers.checks.tuning.resuming import resume
from helpers.checks.tuning.schedule import cosine_with_warmup
from helpers.checks.tuning.stopping import early_stopping
from helpers.checks.tuning.tuning import tune_in_a_budget

TASKS = [cosine_with_warmup, early_stopping, resume, tune_in_a_budget]
