"""The tasks of exercise 21: a loader that refuses, an export that compares, a batcher and a drift alarm."""

from helpers.checks.deployment.batcher import batches
from helpers.checks.deployment.drift import drift_alarm
from helpers.checks.deployment.export import export
from helpers.checks.deployment.files import load

TASKS = [load, export, batches, drift_alarm]
