"""One layer of a large model, and all its layers for one token, by number format: part of `course bench gpu`.

The layer has 4096 × 11008 weights. Twelve copies of it are used in turn, so that the weights are read from
memory and not from the card's cache. The weights are random: a time does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from course.gpu_clock import Row, median_us

D_IN, D_OUT, COPIES, GROUP = 4096, 11008, 12, 128
TOKENS = (1, 8, 64, 512, 4096)
NUM_LAYERS = 32

Run = Callable[[], Any]


def layer_rows(tokens: int) -> Iterator[Row]:
    """The microseconds of the layer for so many tokens at once, in each number format that the card knows."""
    import torch

    X = torch.randn(tokens, D_IN, device="cuda", dtype=torch.bfloat16)
    for name, prepare in FORMATS.items():
        try:
            run = prepare(X)
            microseconds = median_us(run, repeats=10) / COPIES
        except (RuntimeError, AttributeError) as error:  # an older card, or another PyTorch
            yield "layer 4096 x 11008", f"{tokens} tokens, {name}", "error", str(error).splitlines()[0][:60]
        else:
            yield "layer 4096 x 11008", f"{tokens} tokens, {name}", "us", round(microseconds, 1)


def each(weights: list[Any], multiply: Callable[[Any], Any]) -> Run:
    """A call that multiplies with every copy of the weights."""

    def run() -> None:
        for W in weights:
            multiply(W)

    return run


def floats(X: Any, dtype: Any) -> Run:
    """X and the weights in one float format."""
    import torch

    X = X.to(dtype)
    weights = [torch.randn(D_OUT, D_IN, device=X.device, dtype=dtype) for _ in range(COPIES)]
    return each(weights, lambda W: torch.nn.functional.linear(X, W))


def whole_numbers(*shape: int, device: Any) -> Any:
    """Random codes of 8 bits."""
    import torch

    return torch.randint(-127, 128, shape, dtype=torch.int8, device=device)


def int8_both(X: Any) -> Run:
    """X and the weights in 8 bits; the kernel wants at least 17 rows, so there are 32 or more."""
    import torch

    codes = whole_numbers(max(len(X), 32), D_IN, device=X.device)
    weights = [whole_numbers(D_OUT, D_IN, device=X.device) for _ in range(COPIES)]
    return each(weights, lambda W: torch._int_mm(codes, W.t()))


def int8_weights(X: Any) -> Run:
    """X in bf16, the weights in 8 bits with a scale for each unit."""
    import torch

    scales = torch.rand(D_OUT, device=X.device, dtype=X.dtype)
    weights = [whole_numbers(D_OUT, D_IN, device=X.device) for _ in range(COPIES)]
    return each(weights, lambda W: torch.ops.aten._weight_int8pack_mm(X, W, scales))


def int4_weights(X: Any) -> Run:
    """X in bf16, the weights in 4 bits with a scale and a zero for each group of 128."""
    weights = [packed4(D_OUT, D_IN, X.device) for _ in range(COPIES)]
    return each(weights, lambda W: multiply4(X, W))


def packed4(d_out: int, d_in: int, device: Any) -> tuple[Any, Any]:
    """Random codes of 4 bits as the kernel wants them, and the scales and zeros of their groups."""
    import torch

    pairs = torch.randint(0, 256, (d_out, d_in // 2), dtype=torch.uint8, device=device)
    scales = torch.rand(d_in // GROUP, d_out, 2, device=device, dtype=torch.bfloat16) * 0.002
    return torch.ops.aten._convert_weight_to_int4pack(pairs, 8), scales


def multiply4(X: Any, W: tuple[Any, Any]) -> Any:
    """X times weights of 4 bits."""
    import torch

    return torch.ops.aten._weight_int4pack_mm(X, W[0], GROUP, W[1])


def fp8_both(X: Any) -> Run:
    """X and the weights in float8 (e4m3); the kernel wants 16 rows or more."""
    import torch

    rows = torch.randn(max(len(X), 16), D_IN, device=X.device).to(torch.float8_e4m3fn)
    one = torch.ones((), device=X.device)
    weights = [torch.randn(D_OUT, D_IN, device=X.device).to(torch.float8_e4m3fn) for _ in range(COPIES)]
    scales: Any = {"scale_a": one, "scale_b": one}
    return each(weights, lambda W: torch._scaled_mm(rows, W.t(), **scales, out_dtype=torch.bfloat16))


def in_bf16(X: Any) -> Run:
    """X and the weights in bf16."""
    return floats(X, X.dtype)


def in_fp32(X: Any) -> Run:
    """X and the weights in fp32."""
    return floats(X, X.float().dtype)


FORMATS: dict[str, Callable[[Any], Run]] = {
    "bf16": in_bf16,
    "fp32": in_fp32,
    "int8 both (rows padded to 32)": int8_both,
    "int8 weights": int8_weights,
    "int4 weights in groups of 128": int4_weights,
    "fp8 (rows padded to 16)": fp8_both,
}


# All layers of a model, one token at a time


def decode_rows() -> Iterator[Row]:
    """Tokens a second of 32 layers with 6.5 billion random weights, and the memory that was held."""
    import torch

    experiment = "decode, 6.5 B weights"
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        speed, held, weights = decode(dtype)
        yield experiment, f"{name}, one token at a time", "tokens/s", speed
        yield experiment, name, "GiB", held
        yield experiment, name, "weights", weights
    speed, held, _ = decode(None)
    yield experiment, "int4 in groups of 128, one token at a time", "tokens/s", speed
    yield experiment, "int4 in groups of 128", "GiB", held


def decode(dtype: Any, num_layers: int = NUM_LAYERS) -> tuple[float, float, int]:
    """Tokens a second, GiB held and the number of weights; dtype None is 4 bits in groups."""
    import torch

    torch.cuda.empty_cache()
    layers = [block(dtype, "cuda") for _ in range(num_layers)]
    x = torch.randn(1, D_IN, device="cuda", dtype=dtype or torch.bfloat16)
    microseconds = median_us(recorded(lambda: token(x, layers, dtype)), repeats=10)
    weights = num_layers * sum(d_out * d_in for d_out, d_in in block_shapes())
    return round(1e6 / microseconds, 1), round(torch.cuda.memory_allocated() / 2**30, 1), weights


def block_shapes(d: int = D_IN, h: int = D_OUT) -> tuple[tuple[int, int], ...]:
    """(d_out, d_in) of a block's weights: queries, keys and values; the way out; two up; one down.

    >>> sum(d_out * d_in for d_out, d_in in block_shapes()) * NUM_LAYERS
    6476005376
    """
    return (3 * d, d), (d, d), (2 * h, d), (d, h)


def block(dtype: Any, device: str, d: int = D_IN, h: int = D_OUT) -> list[Any]:
    """The random weights of one block."""
    import torch

    if dtype is None:
        return [packed4(d_out, d_in, device) for d_out, d_in in block_shapes(d, h)]
    return [torch.randn(shape, device=device, dtype=dtype) * 0.02 for shape in block_shapes(d, h)]


def token(x: Any, layers: list[list[Any]], dtype: Any) -> Any:
    """One token through all blocks: their products, without attention to other tokens.

    >>> import torch
    >>> token(torch.ones(1, 4), [block(torch.float32, "cpu", d=4, h=6)], torch.float32).shape
    torch.Size([1, 4])
    """
    import torch

    multiply = multiply4 if dtype is None else torch.nn.functional.linear
    d = x.shape[-1]
    for queries, out, up, down in layers:
        x = x + multiply(multiply(x, queries)[:, :d].contiguous(), out)
        gate, value = multiply(x, up).chunk(2, dim=-1)
        x = x + multiply(torch.nn.functional.silu(gate) * value, down)
        x = x / (x.norm() + 1) * d**0.5  # keeps random weights from growing it
    return x


def recorded(run: Run) -> Run:
    """The call as a CUDA graph, which is replayed without Python."""
    import torch

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(2):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay
