"""The tasks of exercise 01: splits that keep their promises, a leak, and an honest choice."""

from helpers.checks.data_splits.choice import choose_honestly
from helpers.checks.data_splits.leak import find_the_leak
from helpers.checks.data_splits.splits import holdout, k_fold, stratified_holdout

TASKS = [holdout, stratified_holdout, k_fold, find_the_leak, choose_honestly]
