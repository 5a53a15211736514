"""The tasks of exercise 07: four losses with their slopes or floors, and four problems on real data."""

from helpers.checks.losses.classes import multiclass_hinge, smoothed_cross_entropy
from helpers.checks.losses.entries import bce_with_logits, weighted_huber
from helpers.checks.losses.problems import solve

TASKS = [weighted_huber, bce_with_logits, smoothed_cross_entropy, multiclass_hinge, solve]
