"""The tasks of exercise 19: sums of codes, their way back to 8 bits, a layer that trains, bits by layer."""

from helpers.checks.quantized_networks.aware import aware_linear
from helpers.checks.quantized_networks.integers import integer_linear, requantize
from helpers.checks.quantized_networks.plans import cheapest_plan, compress

TASKS = [integer_linear, requantize, aware_linear, cheapest_plan, compress]
