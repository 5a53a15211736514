"""The tasks of exercise 12: penalties, dropout, moved digits, bagging, and a gap to close."""

from helpers.checks.overfitting.augment import augment
from helpers.checks.overfitting.bags import bagging
from helpers.checks.overfitting.dropout import dropout
from helpers.checks.overfitting.gap import close_the_gap
from helpers.checks.overfitting.penalties import penalised

TASKS = [penalised, dropout, augment, bagging, close_the_gap]
