"""The tasks of exercise 16: an attack, calibration, an A/B test, Shapley values, and a leak."""

from helpers.checks.trust.attacks import fgsm
from helpers.checks.trust.calibration import reliability
from helpers.checks.trust.importance import suspect
from helpers.checks.trust.shares import credit
from helpers.checks.trust.trials import users

TASKS = [fgsm, reliability, users, credit, suspect]
