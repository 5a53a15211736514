"""The reverse mode: PyTorch's gradients, in graphs where a value is used more than once."""

import numpy as np
import pytest
import torch

from helpers.nn.autodiff import Value, unbroadcast

EXPRESSIONS = {
    "add": lambda a, b, e: a + b,
    "add a number": lambda a, b, e: 2.0 + a + 1,
    "sub": lambda a, b, e: a - b,
    "number minus": lambda a, b, e: 2.0 - a,
    "mul": lambda a, b, e: a * b,
    "div": lambda a, b, e: a / b,
    "number over": lambda a, b, e: 3.0 / b,
    "power": lambda a, b, e: b**3 + b**0.5,
    "neg": lambda a, b, e: -a * 2,
    "matmul": lambda a, b, e: a @ b.T if isinstance(b, torch.Tensor) else a @ e["bT"],
    "exp": lambda a, b, e: a.exp(),
    "log": lambda a, b, e: b.log(),
    "tanh": lambda a, b, e: a.tanh(),
    "relu": lambda a, b, e: a.relu(),
    "used twice": lambda a, b, e: (a * b).tanh() * a + a * a / b,
    "diamond": lambda a, b, e: (a * 2) * (a * 3) + (a * 2),
    "the short way first": lambda a, b, e: (lambda h: h + (h * 3).tanh())(a * b),
    "the long way first": lambda a, b, e: (lambda h: (h * 3).tanh() + h)(a * b),
    "sum of rows": lambda a, b, e: a.sum(e["axis"](0)) * b,
    "sum of columns": lambda a, b, e: a.sum(e["axis"](1), keepdims=True) * b,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_gradients_are_pytorchs(name):
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(3, 4)), rng.uniform(0.5, 2, size=(3, 4))
    a, b, bT = Value(A), Value(B), Value(B.T)
    ta, tb = (torch.tensor(x, requires_grad=True) for x in (A, B))
    out = EXPRESSIONS[name](a, b, {"bT": bT, "axis": int})
    expected = EXPRESSIONS[name](ta, tb, {"axis": int})
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-12)
    (out * out).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(a.grad, ta.grad if ta.grad is not None else 0 * A, rtol=1e-10, atol=1e-12)
    if name != "matmul":
        np.testing.assert_allclose(b.grad, tb.grad if tb.grad is not None else 0 * B, rtol=1e-10, atol=1e-12)
    else:
        np.testing.assert_allclose(bT.grad, tb.grad.numpy().T, rtol=1e-10)


@pytest.mark.parametrize("shape", [(), (4,), (1, 4), (3, 1), (1, 1), (3, 4)])
def test_a_stretched_value_gets_the_sum_of_its_copies(shape):
    rng = np.random.default_rng(1)
    A, B = rng.normal(size=(3, 4)), rng.normal(size=shape)
    a, b = Value(A), Value(B)
    ta, tb = torch.tensor(A), torch.tensor(B, requires_grad=True)
    (a * b + b).tanh().sum().backward()
    (ta * tb + tb).tanh().sum().backward()
    assert b.grad.shape == shape
    np.testing.assert_allclose(b.grad, tb.grad, rtol=1e-10)


def test_a_network_trained_with_it_is_the_network_trained_with_pytorch():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    start = [rng.normal(size=s) for s in [(2, 5), (5,), (5, 1), (1,)]]
    ours = [Value(p) for p in start]
    theirs = [torch.tensor(p, requires_grad=True) for p in start]
    for _ in range(20):
        for parameters, inputs, target in ((ours, X, y), (theirs, torch.tensor(X), torch.tensor(y))):
            W1, b1, W2, b2 = parameters
            error = (inputs @ W1 + b1).tanh() @ W2 + b2 - target
            (error * error).sum().backward()
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine.grad, other.grad, rtol=1e-9, atol=1e-10)
            mine.data = mine.data - 0.01 * mine.grad
            with torch.no_grad():
                other -= 0.01 * other.grad
            other.grad = None


def test_a_second_backward_starts_from_zero():
    x = Value(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 6


def test_a_graph_deeper_than_the_recursion_limit():
    x = Value(1.0)
    y = x
    for _ in range(5000):
        y = y + x
    y.backward()
    assert x.grad == 5001


def test_backward_needs_one_number():
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        Value([1.0, 2.0]).backward()


def test_matmul_names_both_shapes():
    with pytest.raises(ValueError, match=r"\(2,\) and \(2, 2\)"):
        Value([1.0, 2.0]) @ np.eye(2)


def test_unbroadcast_leaves_an_equal_shape_alone():
    d = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(unbroadcast(d, (2, 3)), d)
