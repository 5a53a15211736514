"""The tasks of exercise 04: a layer, how many numbers it has, a whole net, its start, and digits."""

from helpers.checks.forward.digits import predict_digits
from helpers.checks.forward.layers import count_parameters, linear_columns, mlp_forward
from helpers.checks.forward.start import he_uniform

TASKS = [linear_columns, count_parameters, mlp_forward, he_uniform, predict_digits]
