"""The benchmark of a graphics card: what can be said of it where there is none."""

import pytest
import torch

from course import bench_gpu, bench_gpu_layers
from course.bench_gpu import CNN, NO_CARD, gpu, network, products, step_of, stored_rows, works

LIMITS = "first batch that does not", "largest batch that trains"
ON_CPU = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a card")


@ON_CPU
def test_without_a_card_it_says_so_and_measures_nothing(capsys):
    assert gpu() == []
    assert capsys.readouterr().out.strip() == NO_CARD


def test_it_measures_the_rows_that_are_stored(monkeypatch):
    """All of CUDA is replaced, so this shows that no row is forgotten, not that a time is right."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "none")
    monkeypatch.setattr(bench_gpu, "step_rows", lambda name, size: [
        ("step", f"{name}, batch {size}", quantity, 1.0) for quantity in ("us", "peak MiB")
    ])  # fmt: skip
    for name in ("graph_us", "copy_speed", "median_us"):
        monkeypatch.setattr(bench_gpu, name, lambda *_, **__: 1.0)
    monkeypatch.setattr(bench_gpu, "layer_rows", lambda tokens: [
        ("layer 4096 x 11008", f"{tokens} tokens, {name}", "us", 1.0) for name in bench_gpu_layers.FORMATS
    ])  # fmt: skip
    monkeypatch.setattr(bench_gpu_layers, "decode", lambda dtype: (1.0, 1.0, 1))
    monkeypatch.setattr(bench_gpu, "product_rows", lambda n: [
        ("matrix product", f"{n}, {name}", "TFLOP/s", 1.0) for name in products(torch.eye(4), torch.eye(4))
    ])  # fmt: skip
    monkeypatch.setattr(bench_gpu, "memory_rows", lambda: [
        ("out of memory", CNN, quantity, 1) for quantity in LIMITS
    ])  # fmt: skip
    stored = {(row["experiment"], row["setting"], row["quantity"]) for row in stored_rows()}
    assert {row[:3] for row in works()} == stored


def test_out_of_memory_is_found_by_doubling(monkeypatch):
    def step(name, batch_size):
        if batch_size >= 32768:
            raise torch.cuda.OutOfMemoryError("full")
        return lambda: None

    monkeypatch.setattr(bench_gpu, "step_of", step)
    for name in ("empty_cache", "synchronize"):
        monkeypatch.setattr(torch.cuda, name, lambda: None)
    found = {row[2]: row[3] for row in bench_gpu.memory_rows()}
    assert found == {"largest batch that trains": 16384, "first batch that does not": 32768}


@pytest.mark.parametrize("name", ["64-32-10", "784-1024-1024-10", CNN])
def test_a_step_trains(name, monkeypatch):
    torch.manual_seed(0)
    model, shape = network(name, "cpu")
    monkeypatch.setattr(bench_gpu, "network", lambda *_: (model, shape))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    step_of(name, 2, "cpu")()
    assert all((old != new).any() for old, new in zip(before, model.parameters(), strict=True))


def test_a_product_is_the_product():
    a, b = torch.randn(8, 8), torch.randn(8, 8)
    for name in ("fp32", "fp16", "bf16"):
        torch.testing.assert_close(products(a, b)[name]().float(), a @ b, atol=0.2, rtol=0.05)


@pytest.mark.parametrize("name", ["bf16", "fp32"])
def test_a_layer_multiplies_with_every_copy(name, monkeypatch):
    monkeypatch.setattr(bench_gpu_layers, "D_IN", 6)
    monkeypatch.setattr(bench_gpu_layers, "D_OUT", 4)
    made = []
    monkeypatch.setattr(torch.nn.functional, "linear", lambda X, W: made.append((X @ W.t()).shape))
    bench_gpu_layers.FORMATS[name](torch.randn(3, 6, dtype=torch.bfloat16))()
    assert made == [(3, 4)] * bench_gpu_layers.COPIES


@pytest.mark.parametrize("error", [RuntimeError, AttributeError])
def test_a_format_that_the_card_does_not_know_is_told(error, monkeypatch):
    def fails(X):
        raise error("no kernel for this card\nand more")

    randn = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *shape, device, **options: randn(*shape, **options))
    monkeypatch.setattr(bench_gpu_layers, "FORMATS", {"int8 weights": fails})
    (row,) = bench_gpu_layers.layer_rows(1)
    assert row == ("layer 4096 x 11008", "1 tokens, int8 weights", "error", "no kernel for this card")


def test_a_token_goes_through_all_blocks_and_stays_of_one_size():
    torch.manual_seed(0)
    layers = [bench_gpu_layers.block(torch.float32, "cpu", d=8, h=12) for _ in range(5)]
    x = torch.randn(1, 8)
    out = bench_gpu_layers.token(x, layers, torch.float32)
    assert out.shape == x.shape
    assert 1 < out.norm() < 8**0.5
    layers[3][3] = layers[3][3] + 1  # one weight matrix of one block counts
    assert (bench_gpu_layers.token(x, layers, torch.float32) != out).any()
