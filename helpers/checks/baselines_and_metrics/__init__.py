"""The tasks of exercise 03: counting mistakes, ranking, and two models on the same rows."""

from helpers.checks.baselines_and_metrics.counts import by_class, confusion, skill
from helpers.checks.baselines_and_metrics.duel import against_baseline
from helpers.checks.baselines_and_metrics.ranking import auc_by_ranks, roc_points

TASKS = [confusion, by_class, roc_points, auc_by_ranks, skill, against_baseline]
