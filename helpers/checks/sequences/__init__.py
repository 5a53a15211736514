"""The tasks of exercise 14: an RNN through time, attention, places, a draw of tokens, and perplexity."""

from helpers.checks.sequences.attention import attention
from helpers.checks.sequences.ngrams import perplexity
from helpers.checks.sequences.places import positions
from helpers.checks.sequences.recurrent import through_time
from helpers.checks.sequences.tokens import sample

TASKS = [through_time, attention, positions, sample, perplexity]
