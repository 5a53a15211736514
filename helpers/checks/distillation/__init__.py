"""The tasks of exercise 17: a loss of two parts, masks by magnitude, fine-tuning under them, a student."""

from helpers.checks.distillation.digits import distil
from helpers.checks.distillation.losses import distillation_loss
from helpers.checks.distillation.pruning import fine_tune, largest_weights

TASKS = [distillation_loss, largest_weights, fine_tune, distil]
