"""The tasks of exercise 20: groups in 4 bits, inputs that stand out, bits by layer, and GPTQ."""

from helpers.checks.large_model_quantization.budget import keep_in_8_bits
from helpers.checks.large_model_quantization.calibrated import gptq
from helpers.checks.large_model_quantization.groups import pack_groups
from helpers.checks.large_model_quantization.outliers import split_outliers

TASKS = [pack_groups, split_outliers, keep_in_8_bits, gptq]
