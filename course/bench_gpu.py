"""What a graphics card changes: training steps by batch size, memory, and products by number format.

The course itself needs no card. helpers/data/gpu_h100.csv holds what this script's experiments gave on an
NVIDIA H100 (80 GB) with PyTorch 2.11 and CUDA 13; lessons 09, 19 and 20 read it. Whoever has a card measures
the same rows on it and sees both side by side. Times are medians of CUDA events after a warm-up, in
microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from course.bench_gpu_layers import TOKENS, decode_rows, layer_rows
from course.gpu_clock import Row, median_us
from helpers._tables import rows

MLP_BATCHES = (1, 8, 64, 512, 4096, 32768, 262144)
WIDE_BATCHES = (1, 8, 64, 512, 4096, 32768, 131072)
CNN_BATCHES = (1, 8, 64, 512, 4096, 8192)
LARGEST = 2**20
NO_CARD = (
    "There is no CUDA graphics card here that PyTorch can use, so nothing was timed. "
    "The stored figures of an H100 are in helpers/data/gpu_h100.csv."
)


def gpu() -> list[Row]:
    """Measure everything, print each row beside the stored one, and return the rows; [] without a card."""
    import torch

    if not torch.cuda.is_available():
        print(NO_CARD)
        return []
    stored = {(row["experiment"], row["setting"], row["quantity"]): row["value"] for row in stored_rows()}
    measured = []
    print(f"{'experiment':24} {'setting':28} {'quantity':26} {'here':>22} {'H100':>22}")
    for row in works():
        measured.append(row)
        experiment, setting, quantity, value = row
        print(
            f"{experiment:24} {setting:28} {quantity:26} {value!s:>22} {stored.get(row[:3], '–'):>22}",
            flush=True,
        )
    return measured


def stored_rows() -> tuple[dict[str, str], ...]:
    """What was measured on an H100."""
    return rows("gpu_h100.csv")


def works() -> Iterator[Row]:
    """The rows, one after the other."""
    import torch

    torch.manual_seed(0)
    yield "machine", "gpu", "name", torch.cuda.get_device_name(0)
    yield "machine", "torch", "version", torch.__version__
    for name, batches in (("64-32-10", MLP_BATCHES), ("784-1024-1024-10", WIDE_BATCHES), (CNN, CNN_BATCHES)):
        for batch_size in batches:
            yield from step_rows(name, batch_size)
    for batch_size in (1, 64, 4096):
        yield "step in one CUDA graph", f"64-32-10, batch {batch_size}", "us", graph_us(batch_size)
    yield from memory_rows()
    for n in (1024, 4096, 8192):
        yield from product_rows(n)
    for tokens in TOKENS:
        yield from layer_rows(tokens)
    yield "memory", "copy of 2 GiB", "TB/s read and written", copy_speed()
    yield from decode_rows()


# Training steps

CNN = "small CNN 32x32"


def network(name: str, device: str = "cuda") -> tuple[Any, tuple[int, ...]]:
    """A network by its name in the table, and the shape of one input.

    >>> network("64-32-10", "cpu")[1]
    (64,)
    """
    from torch import nn

    if name == CNN:
        convolutions = [
            nn.Conv2d(3, 64, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
        ]
        model = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))
        return model.to(device), (3, 32, 32)
    sizes = [int(size) for size in name.split("-")]
    layers: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device), (sizes[0],)


def step_of(name: str, batch_size: int, device: str = "cuda") -> Callable[[], None]:
    """One training step of SGD on random data, to be called again and again: clear, forward, backward, step.

    >>> step_of("64-32-10", 4, "cpu")()
    """
    import torch

    model, shape = network(name, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    X = torch.randn(batch_size, *shape, device=device)
    y = torch.randint(10, (batch_size,), device=device)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()

    return step


def step_rows(name: str, batch_size: int) -> Iterator[Row]:
    """The time of a step and the most memory that it held, or that it did not fit."""
    import torch

    setting = f"{name}, batch {batch_size}"
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    try:
        microseconds = median_us(step_of(name, batch_size), repeats=15, inner=5)
    except torch.cuda.OutOfMemoryError:
        yield "step", setting, "error", "out of memory"
        return
    yield "step", setting, "us", round(microseconds, 1)
    yield "step", setting, "peak MiB", round(torch.cuda.max_memory_allocated() / 2**20, 1)


def graph_us(batch_size: int) -> float:
    """A step of 64-32-10 recorded once and replayed as one CUDA graph: without Python and single launches."""
    import torch

    model, shape = network("64-32-10")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    X = torch.randn(batch_size, *shape, device="cuda")
    y = torch.randint(10, (batch_size,), device="cuda")

    def step() -> None:
        torch.nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # CUDA asks for a warm-up on another stream before it records
        for _ in range(5):
            optimizer.zero_grad(set_to_none=True)
            step()
    torch.cuda.current_stream().wait_stream(side)
    optimizer.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return round(median_us(graph.replay, repeats=20, inner=20), 1)


def memory_rows() -> Iterator[Row]:
    """The largest power of two from 8,192 on for which a step of the CNN fits, and the next."""
    import torch

    batch_size, largest = 8192, 0
    while batch_size <= LARGEST:
        torch.cuda.empty_cache()
        try:
            step_of(CNN, batch_size)()
            torch.cuda.synchronize()
        except torch.cuda.OutOfMemoryError:
            yield "out of memory", CNN, "first batch that does not", batch_size
            break
        largest, batch_size = batch_size, 2 * batch_size
    yield "out of memory", CNN, "largest batch that trains", largest


# Matrix products and copies


def product_rows(n: int) -> Iterator[Row]:
    """The speed of a product of two n × n matrices in each number format that the card knows."""
    import torch

    a, b = torch.randn(n, n, device="cuda"), torch.randn(n, n, device="cuda")
    for name, multiply in products(a, b).items():
        try:
            torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
            microseconds = median_us(multiply, repeats=8)
        except (RuntimeError, AttributeError) as error:  # an older card, or another PyTorch
            yield "matrix product", f"{n}, {name}", "error", str(error).splitlines()[0][:60]
        else:
            yield "matrix product", f"{n}, {name}", "TFLOP/s", round(2 * n**3 / microseconds / 1e6, 1)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = False


def products(a: Any, b: Any) -> dict[str, Callable[[], Any]]:
    """By number format, the product of two square float32 matrices in it, not computed yet."""
    import torch

    def in_format(dtype: Any) -> Callable[[], Any]:
        low_a, low_b = a.to(dtype), b.to(dtype)
        return lambda: low_a @ low_b

    whole = [(100 * matrix.clamp(-1, 1)).to(torch.int8) for matrix in (a, b)]
    eighths = [matrix.to(torch.float8_e4m3fn) for matrix in (a, b)]
    one = torch.ones((), device=a.device)
    return {
        "fp32": lambda: a @ b,
        "tf32": lambda: a @ b,
        "fp16": in_format(torch.float16),
        "bf16": in_format(torch.bfloat16),
        "int8": lambda: torch._int_mm(whole[0], whole[1].t()),
        "fp8": lambda: torch._scaled_mm(
            eighths[0], eighths[1].t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16
        ),
    }


def copy_speed() -> float:
    """How fast 2 GiB are copied, in TB/s, counting what is read and what is written."""
    import torch

    source = torch.empty(2**31, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return round(2 * source.numel() / median_us(lambda: target.copy_(source), repeats=10) / 1e6, 2)
