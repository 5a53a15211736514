"""Optimizers: how the gradient becomes a step.

The parameters of a model are one vector, `flat`, and the gradients another, so each method is a few lines of
vector arithmetic. Names of arguments, defaults and the order of operations are PyTorch's. In a fleet of K
models the learning rate, weight decay and momentum may be K numbers, one for each model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import divide, multiply, sqrt, square  # by name: `np.multiply` is looked up at every call

from helpers.nn.base import Array, aligned_like
from helpers.nn.containers import Sequential


def one_number(name: str, value: Any) -> Any:
    """The value of a hyperparameter that is the same for all models of a fleet."""
    if np.ndim(value):
        raise ValueError(f"{name} is one number, also in a fleet; got shape {np.shape(value)}.")
    return value


class Hyperparameter:
    """A hyperparameter of an optimizer, such as `momentum`: a number, or K of them, one for each model.

    It may be changed at any time. `optimizer.used` holds the names of those that are not 0.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type | None = None) -> Any:
        return optimizer.numbers[self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        optimizer.numbers[self.name] = optimizer.array(optimizer.number(self.name, value))
        optimizer.used = {name for name, array in optimizer.numbers.items() if np.any(array)}


class Optimizer:
    """The contract: `step()` moves `model.flat` against `model.d_flat`, as the last `backward` left it.

    `lr` and every `Hyperparameter` may be changed at any time. A subclass lists the vectors that it keeps in
    `vectors`.
    """

    vectors: tuple[str, ...] = ()
    weight_decay = Hyperparameter()
    used: set[str]

    def __init__(self, model: Sequential, lr: Any, weight_decay: Any = 0.0):
        if not hasattr(model, "flat"):
            raise TypeError(f"The optimizer takes the model, got {type(model).__name__}.")
        self.model, self.t = model, 0
        self.numbers: dict[str, Array] = {}
        self.lr, self.weight_decay = lr, weight_decay
        for name in self.vectors:
            setattr(self, name, aligned_like(model.flat))
        self.delta = aligned_like(model.flat)

    def step(self) -> None:
        """Take one step."""
        raise NotImplementedError

    @property
    def lr(self) -> Any:
        """The learning rate: a float, or (K, 1) in a fleet."""
        return self._lr

    @lr.setter
    def lr(self, lr: Any) -> None:
        self._lr = self.number("lr", lr)
        self._lr_array = self.array(self._lr)

    def number(self, name: str, value: Any) -> Any:
        """A hyperparameter as a float, or as a column (K, 1) of one for each model of a fleet."""
        value = np.asarray(value, np.float64)
        if not (value >= 0).all():
            raise ValueError(f"{name} must be at least 0, got {value}.")
        if value.ndim == 0:
            return float(value)
        if value.size != len(self.model.flat) or not self.model.models:
            raise ValueError(f"{name} is one number, or one per model of a fleet; got shape {value.shape}.")
        return value.reshape(-1, 1)

    def array(self, number: Any) -> Array:
        """A number in the dtype of the model; an array of no dimension is what NumPy takes fastest."""
        return np.asarray(number, self.model.dtype)

    def gradient(self) -> Array:
        """∂L/∂parameters, with weight_decay · parameters added: an L2 penalty."""
        if "weight_decay" in self.used:
            return self.model.d_flat + self.weight_decay * self.model.flat
        return self.model.d_flat

    def descend(self, direction: Array) -> None:
        """parameters ← parameters - lr · direction"""
        flat = self.model.flat
        flat -= multiply(direction, self._lr_array, out=self.delta)

    def state(self) -> dict[str, Any]:
        """Copies of all that the next step depends on, hyperparameters too: what a checkpoint saves."""
        plain = [name for name, value in vars(self).items() if isinstance(value, int | float | np.generic)]
        names = ["lr", *self.numbers, *(name for name in plain if not name.startswith("_")), *self.vectors]
        names += ["betas"] if hasattr(self, "betas") else []
        return {name: np.array(getattr(self, name)) for name in names}

    def load_state(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave. Raises ValueError for the state of another optimizer."""
        own = self.state().keys()
        if own != state.keys():
            raise ValueError(f"{type(self).__name__} has the state {list(own)}, got {list(state)}.")
        for name in own - set(self.vectors):
            value = np.asarray(state[name]).tolist()
            setattr(self, name, tuple(value) if name == "betas" else value)
        for name in self.vectors:  # after the betas, which have an effect on m and v
            getattr(self, name)[...] = state[name]


class SGD(Optimizer):
    """Gradient descent, with momentum if you like: v ← momentum·v + gradient; parameters ← parameters - lr·v.

    `nesterov` looks ahead: it steps by gradient + momentum·v. `dampening` weakens the gradient in v.
    Sources: Robbins and Monro (1951); Polyak (1964); Sutskever et al. (2013).

    >>> import numpy as np
    >>> from helpers.nn.layers import Linear
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W, model.layers[0].dW = 1.0, 0.5
    >>> SGD(model, lr=0.1).step()
    >>> model.layers[0].W
    array([[0.95]])
    """

    vectors = ("v",)
    v: Array
    momentum = Hyperparameter()

    def __init__(
        self,
        model: Sequential,
        lr: Any = 1e-3,
        momentum: Any = 0.0,
        dampening: float = 0.0,
        weight_decay: Any = 0.0,
        nesterov: bool = False,
    ):
        super().__init__(model, lr, weight_decay)
        self.momentum, self.nesterov = momentum, nesterov
        self.dampening = one_number("dampening", dampening)
        if nesterov and (not np.all(self.momentum) or dampening):
            raise ValueError("nesterov needs a momentum above 0 and no dampening.")

    def step(self) -> None:
        self.descend(self.direction() if self.used else self.model.d_flat)

    def direction(self) -> Array:
        """The gradient, bent by the momentum."""
        g = self.gradient()
        if "momentum" not in self.used:
            return g
        self.t += 1
        self.v *= self.momentum
        self.v += g if self.t == 1 else (1 - self.dampening) * g
        v = g + self.momentum * self.v if self.nesterov else self.v
        # in a fleet, a model without momentum goes by its gradient, which no dampening weakens
        return np.where(self.momentum > 0, v, g) if self.momentum.ndim and self.dampening else v


class Adagrad(Optimizer):
    """Each parameter has its own learning rate: lr / √(sum of its squared gradients).

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011).
    """

    vectors = ("total",)
    total: Array

    def __init__(
        self,
        model: Sequential,
        lr: Any = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: Any = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ):
        super().__init__(model, lr, weight_decay)
        self.lr_decay, self.eps = one_number("lr_decay", lr_decay), one_number("eps", eps)
        self.total += initial_accumulator_value

    def step(self) -> None:
        g = self.gradient()
        self.total += g * g
        decayed = 1 + self.t * self.lr_decay
        self.t += 1
        self.descend(g / (np.sqrt(self.total) + self.eps) / decayed)


class RMSprop(Optimizer):
    """Divide the gradient by the root of a running mean of its square.

    `centered` takes the running variance instead; `momentum` adds a velocity.
    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop" (2012).
    """

    vectors = ("square", "mean", "v")
    square: Array
    mean: Array
    v: Array
    momentum = Hyperparameter()

    def __init__(
        self,
        model: Sequential,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: Any = 0.0,
        momentum: Any = 0.0,
        centered: bool = False,
    ):
        super().__init__(model, lr, weight_decay)
        self.momentum, self.centered = momentum, centered
        self.alpha, self.eps = one_number("alpha", alpha), one_number("eps", eps)

    def step(self) -> None:
        g = self.gradient()
        self.square *= self.alpha
        self.square += (1 - self.alpha) * g * g
        spread = self.square
        if self.centered:
            self.mean += (1 - self.alpha) * (g - self.mean)
            spread = self.square - self.mean**2
        g = g / (np.sqrt(spread) + self.eps)
        if "momentum" in self.used:
            self.v *= self.momentum
            self.v += g
            g = self.v
        self.descend(g)


class Adam(Optimizer):
    """A running mean of the gradient, divided by the root of a running mean of its square.

    m ← β₁m + g and v ← β₂v + g² are sums in which older gradients count less and less. A mean is a sum
    divided by the sum of its weights, 1 + β + … + βᵗ⁻¹ = (1-βᵗ)/(1-β): that is all that the "bias correction"
    of the paper is. parameters ← parameters - lr · m̂ / (√v̂ + eps), with m̂ and v̂ these means.
    `weight_decay` is an L2 penalty in g; see AdamW.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).

    >>> from helpers.nn.layers import Linear
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W, model.layers[0].dW = 1.0, 0.5
    >>> Adam(model, lr=0.1).step()  # the first step is lr long, however steep it is
    >>> model.layers[0].W.round(6)
    array([[0.9]])
    """

    vectors = ("m", "v")
    m: Array
    v: Array

    def __init__(
        self,
        model: Sequential,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: Any = 0.0,
    ):
        super().__init__(model, lr, weight_decay)
        self.betas, self.eps = betas, one_number("eps", eps)

    @property
    def betas(self) -> tuple[float, float]:
        """β₁ and β₂. They may be changed at any time: then m and v become sums with the new weights."""
        return self._betas

    @betas.setter
    def betas(self, betas: tuple[float, float]) -> None:
        if len(betas) != 2 or not all(np.ndim(beta) == 0 and 0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas are two numbers in 0..1, got {betas}.")
        old1, old2 = getattr(self, "_betas", betas)
        self.m *= (1 - old1) / (1 - betas[0])
        self.v *= (1 - old2) / (1 - betas[1])
        self._betas = betas
        self.beta1, self.beta2 = (self.array(beta) for beta in betas)

    def step(self) -> None:
        self.move(self.gradient())

    def move(self, g: Array) -> None:
        """One step of Adam against g. Every line is one operation on whole vectors, in place."""
        self.t += 1
        beta1, beta2 = self.betas
        weights1, weights2 = (1 - beta1**self.t) / (1 - beta1), (1 - beta2**self.t) / (1 - beta2)
        m, v, delta = self.m, self.v, self.delta
        m *= self.beta1
        m += g
        v *= self.beta2
        v += square(g, out=delta)
        # lr (m / weights1) / (√(v / weights2) + eps), with √weights2 taken out of the root
        sqrt(v, out=delta)
        delta += self.array(self.eps * weights2**0.5)
        divide(m, delta, out=delta)
        delta *= self.array(self.lr * (weights2**0.5 / weights1))
        self.model.flat -= delta


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters by itself, outside of m and v.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        model: Sequential,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: Any = 1e-2,
    ):
        super().__init__(model, lr, betas, eps, weight_decay)

    def step(self) -> None:
        self.model.flat *= self.array(1 - self.lr * self.weight_decay)
        self.move(self.model.d_flat)


class LBFGS:
    """Newton's method from memory: the last gradients stand in for the matrix of second derivatives.

    A thin layer over SciPy's L-BFGS-B, which searches along each direction until the loss has dropped.
    `step(closure)` runs up to `max_iter` iterations; the closure computes loss and gradients, with the
    whole data set: batches that change from call to call would mislead the line search.
    Source: Liu and Nocedal, "On the limited memory BFGS method" (1989).

    >>> from helpers.nn.layers import Linear
    >>> from helpers.nn.losses import MSELoss
    >>> model, loss = Sequential(Linear(1, 1, rng=np.random.default_rng(0))), MSELoss()
    >>> X = np.array([[0.0], [1.0]])
    >>> def closure():
    ...     value = loss.forward(model.forward(X), 2 * X + 1)
    ...     model.backward(loss.backward())
    ...     return value
    >>> round(LBFGS(model).step(closure), 6)
    0.0
    """

    def __init__(
        self,
        model: Sequential,
        max_iter: int = 20,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
    ):
        self.model = model
        self.options = {
            "maxiter": max_iter,
            "gtol": tolerance_grad,
            "ftol": tolerance_change,
            "maxcor": history_size,
        }

    def step(self, closure: Any) -> float:
        """Run the iterations; the parameters end at the best point found, whose loss is returned."""
        from scipy.optimize import minimize

        def loss_and_gradient(parameters: Array) -> tuple[float, Array]:
            self.model.flat[:] = parameters
            loss = closure()
            return loss, self.model.d_flat.astype(np.float64)

        start = self.model.flat.astype(np.float64)
        result = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=self.options)
        self.model.flat[:] = result.x
        return float(result.fun)
