"""The tasks of exercise 13: a convolution, a plan, the way back through pooling, a network, a transfer."""

from helpers.checks.convolution.digits import beat_the_mlp, transfer
from helpers.checks.convolution.maps import blueprint, conv
from helpers.checks.convolution.pooling import max_pool_backward

TASKS = [conv, blueprint, max_pool_backward, beat_the_mlp, transfer]
