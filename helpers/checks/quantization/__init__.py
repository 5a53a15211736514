"""The tasks of exercise 18: codes and back, scales, a range, a table, packing, and how few bits do."""

from helpers.checks.quantization.digits import fewest_bits
from helpers.checks.quantization.maps import affine, symmetric
from helpers.checks.quantization.packed import packed
from helpers.checks.quantization.ranges import choose_range
from helpers.checks.quantization.tables import look_up

TASKS = [affine, symmetric, choose_range, look_up, packed, fewest_bits]
