"""The tasks of exercise 08: momentum, RMSProp, Adam, AdamW, and a fair race."""

from helpers.checks.optimizers.adam import adam_step
from helpers.checks.optimizers.adamw import adamw
from helpers.checks.optimizers.momentum import momentum
from helpers.checks.optimizers.race import race
from helpers.checks.optimizers.rmsprop import rmsprop_path

TASKS = [momentum, rmsprop_path, adam_step, adamw, race]
