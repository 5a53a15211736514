"""Optimizers: how the gradient becomes a step.

The parameters of a model are one vector, `flat`, and the gradients another, so each method is a few lines of
vector arithmetic. Names of arguments, defaults and the order of operations are PyTorch's. In a fleet of K
models the learning rate, weight decay and momentum may be K numbers, one for each model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from helpers.nn.base import Array, Layer, aligned_like, marked, moving
from helpers.nn.fleet import num_models

PER_MODEL = ("lr", "weight_decay", "momentum")


class Optimizer:
    """The contract: `step()` moves `model.flat` against `model.d_flat`, as the last `backward` left it.

    A subclass says how in `update`, and lists the vectors that it keeps in `vectors`. All hyperparameters are
    attributes and may be changed at any time. `lr` is a number (in a fleet also K numbers). For all methods:
    - `weight_decay` adds weight_decay · parameters to the gradient; with `decay_biases=False` only to weights
      (parameters whose names begin with W), not to biases and norms;
    - `lr_factors`, such as {model.layers[0]: 0.1}, lets a layer go that share of each step;
    - a layer that was frozen, `layer.freeze()`, stays as it is.
    Raises ValueError for a hyperparameter below 0, one with a number of values that is not K, or a layer of
    another model.
    """

    vectors: tuple[str, ...] = ()
    t = 0  # steps taken

    def __init__(
        self,
        model: Layer,
        lr: Any,
        weight_decay: Any = 0.0,
        *,
        decay_biases: bool = True,
        lr_factors: Mapping[Layer, float] | None = None,
    ):
        if not isinstance(model, Layer):
            raise TypeError(f"The optimizer takes the model, got {type(model).__name__}.")
        self.model, self.lr, self.weight_decay = model, lr, weight_decay
        self.decayed: Any = 1.0 if decay_biases else marked(model, names="W")
        self._factors = {
            id(leaf): one_number("A factor of lr_factors", factor)
            for layer, factor in (lr_factors or {}).items()
            for leaf in layer.leaves()
        }
        if not self._factors.keys() <= {id(leaf) for leaf in model.leaves()}:
            raise ValueError("lr_factors names layers of the model: write {model.layers[0]: 0.1}.")
        for name in self.vectors:
            setattr(self, name, aligned_like(model.flat))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in PER_MODEL:
            value = self.per_model(name, value)
        object.__setattr__(self, name, value)

    def per_model(self, name: str, value: Any) -> Any:
        """A hyperparameter as a float, or as a column (K, 1) of one for each model of a fleet."""
        numbers = np.asarray(value, np.float64)
        if not (numbers >= 0).all():
            raise ValueError(f"{name} must be at least 0, got {value}.")
        if numbers.ndim == 0:
            return float(numbers)
        if numbers.size != num_models(self.model):
            raise ValueError(f"{name} is one number, or one per model of a fleet; got shape {numbers.shape}.")
        return numbers.reshape(-1, 1).astype(self.model.dtype)

    def update(self) -> None:
        """Move `model.flat` by one step."""
        raise NotImplementedError

    def step(self) -> None:
        """Take one step."""
        shares = self.shares()
        if shares is None:
            self.update()
            return
        flat, still = self.model.flat, shares == 0
        before = flat.copy()
        kept = [(vector, vector.copy()) for vector in (getattr(self, name) for name in self.vectors)]
        self.update()
        flat[...] = np.where(still, before, before + shares * (flat - before))
        for vector, old in kept:
            vector[...] = np.where(still, old, vector)

    def shares(self) -> Array | None:
        """What share of a step each parameter takes: 0 in a frozen layer. None where all go all the way."""
        return moving(self.model, self._factors)

    def gradient(self) -> Array:
        """∂L/∂parameters, with weight_decay · parameters added: an L2 penalty."""
        if np.any(self.weight_decay):
            return self.model.d_flat + self.weight_decay * self.decayed * self.model.flat
        return self.model.d_flat

    def state(self) -> dict[str, Any]:
        """Copies of all that the next step depends on, hyperparameters too: what a checkpoint saves."""
        kinds = int | float | tuple | np.ndarray | np.generic
        return {
            name: np.array(value)
            for name, value in {"t": self.t, **vars(self)}.items()
            if isinstance(value, kinds) and not name.startswith("_")
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave. Raises ValueError for the state of another optimizer."""
        own = self.state()
        if own.keys() != state.keys():
            raise ValueError(f"{type(self).__name__} has the state {list(own)}, got {list(state)}.")
        for name in own:
            value = np.asarray(state[name])
            if name in self.vectors:
                getattr(self, name)[...] = value
            elif name == "decayed":
                self.decayed = value if value.ndim else float(value)
            else:
                setattr(self, name, tuple(value.tolist()) if name == "betas" else value.tolist())


def one_number(name: str, value: Any, below: float = np.inf) -> Any:
    """The value of a hyperparameter that is the same for all models of a fleet, from 0 on."""
    if np.ndim(value):
        raise ValueError(f"{name} is one number, also in a fleet; got shape {np.shape(value)}.")
    if not 0 <= value < below:
        raise ValueError(f"{name} must be at least 0{f' and below {below}' * (below < np.inf)}, got {value}.")
    return value


class SGD(Optimizer):
    """Gradient descent, with momentum if you like: v ← momentum·v + gradient; parameters ← parameters - lr·v.

    `nesterov` looks ahead: it steps by gradient + momentum·v. `dampening` weakens the gradient in v.
    Sources: Robbins and Monro (1951); Polyak (1964); Sutskever et al. (2013).

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W, model.layers[0].dW = [[1.0]], [[0.5]]
    >>> SGD(model, lr=0.1).step()
    >>> model.layers[0].W
    array([[0.95]])
    """

    vectors = ("v",)
    v: Array

    def __init__(
        self,
        model: Layer,
        lr: Any = 1e-3,
        momentum: Any = 0.0,
        dampening: float = 0.0,
        weight_decay: Any = 0.0,
        nesterov: bool = False,
        **for_all: Any,
    ):
        super().__init__(model, lr, weight_decay, **for_all)
        self.momentum, self.nesterov = momentum, nesterov
        self.dampening = one_number("dampening", dampening)
        if nesterov and (not np.all(self.momentum) or dampening):
            raise ValueError("nesterov needs a momentum above 0 and no dampening.")

    def update(self) -> None:
        g = self.gradient()
        if np.any(self.momentum):
            g = self.with_momentum(g)
        self.model.flat -= self.lr * g

    def with_momentum(self, g: Array) -> Array:
        """The velocity, in which older gradients count less and less."""
        self.t += 1
        self.v[...] = self.momentum * self.v + (g if self.t == 1 else (1 - self.dampening) * g)
        if self.nesterov:
            return g + self.momentum * self.v
        # in a fleet, a model without momentum goes by its gradient, which no dampening weakens
        return np.where(self.momentum > 0, self.v, g) if np.ndim(self.momentum) else self.v


class Adagrad(Optimizer):
    """Each parameter has its own learning rate: lr / √(sum of its squared gradients).

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011).
    """

    vectors = ("total",)
    total: Array

    def __init__(
        self,
        model: Layer,
        lr: Any = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: Any = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        **for_all: Any,
    ):
        super().__init__(model, lr, weight_decay, **for_all)
        self.lr_decay, self.eps = one_number("lr_decay", lr_decay), one_number("eps", eps)
        self.total += one_number("initial_accumulator_value", initial_accumulator_value)

    def update(self) -> None:
        g = self.gradient()
        self.total += g**2
        lr = self.lr / (1 + self.t * self.lr_decay)
        self.t += 1
        self.model.flat -= lr * g / (np.sqrt(self.total) + self.eps)


class RMSprop(Optimizer):
    """Divide the gradient by the root of a running mean of its square.

    `centered` takes the running variance instead; `momentum` adds a velocity.
    Source: Tieleman and Hinton, "Lecture 6.5: rmsprop" (2012).
    """

    vectors = ("square", "mean", "v")
    square: Array
    mean: Array
    v: Array

    def __init__(
        self,
        model: Layer,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: Any = 0.0,
        momentum: Any = 0.0,
        centered: bool = False,
        **for_all: Any,
    ):
        super().__init__(model, lr, weight_decay, **for_all)
        self.momentum, self.centered = momentum, centered
        self.alpha, self.eps = one_number("alpha", alpha), one_number("eps", eps)

    def update(self) -> None:
        g = self.gradient()
        self.square[...] = self.alpha * self.square + (1 - self.alpha) * g**2
        spread = self.square
        if self.centered:
            self.mean[...] = self.alpha * self.mean + (1 - self.alpha) * g
            spread = self.square - self.mean**2
        g = g / (np.sqrt(spread) + self.eps)
        if np.any(self.momentum):
            self.v[...] = self.momentum * self.v + g
            g = self.v
        self.model.flat -= self.lr * g


class Adam(Optimizer):
    """A running mean of the gradient, divided by the root of a running mean of its square.

    m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g² begin at 0, so at first they are too small: by the factor
    1 - βᵗ, which m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) make up for.
    parameters ← parameters - lr m̂ / (√v̂ + eps). `weight_decay` is an L2 penalty in g; see AdamW.
    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).

    >>> from helpers.nn import Linear, Sequential
    >>> model = Sequential(Linear(1, 1, rng=np.random.default_rng(0)))
    >>> model.layers[0].W, model.layers[0].dW = [[1.0]], [[0.5]]
    >>> Adam(model, lr=0.1).step()  # the first step is lr long, however steep it is
    >>> model.layers[0].W.round(6)
    array([[0.9]])
    """

    vectors = ("m", "v")
    m: Array
    v: Array

    def __init__(
        self,
        model: Layer,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: Any = 0.0,
        **for_all: Any,
    ):
        super().__init__(model, lr, weight_decay, **for_all)
        self.betas, self.eps = betas, one_number("eps", eps)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "betas" and not (np.shape(value) == (2,) and all(0 <= beta < 1 for beta in value)):
            raise ValueError(f"betas are two numbers in 0..1, got {value}.")
        super().__setattr__(name, value)

    def update(self) -> None:
        self.move(self.gradient())

    def move(self, g: Array) -> None:
        """One step of Adam against g."""
        beta1, beta2 = self.betas
        self.t += 1
        self.m[...] = beta1 * self.m + (1 - beta1) * g
        self.v[...] = beta2 * self.v + (1 - beta2) * g**2
        m_hat = self.m / (1 - beta1**self.t)
        v_hat = self.v / (1 - beta2**self.t)
        self.model.flat -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters by itself, outside of m and v.

    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
    """

    def __init__(
        self,
        model: Layer,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: Any = 1e-2,
        **for_all: Any,
    ):
        super().__init__(model, lr, betas, eps, weight_decay, **for_all)

    def update(self) -> None:
        self.model.flat -= self.lr * self.weight_decay * self.decayed * self.model.flat
        self.move(self.model.d_flat)


class LBFGS:
    """Newton's method from memory: the last gradients stand in for the matrix of second derivatives.

    A thin layer over SciPy's L-BFGS-B, which searches along each direction until the loss has dropped.
    `step(closure)` runs up to `max_iter` iterations; the closure computes loss and gradients, with the
    whole data set: batches that change from call to call would mislead the line search.
    Source: Liu and Nocedal, "On the limited memory BFGS method" (1989).

    >>> from helpers.nn import Linear, MSELoss, Sequential
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
        model: Layer,
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
            shares = moving(self.model)  # a frozen layer has no slope to go down
            return loss, self.model.d_flat.astype(np.float64) * (1 if shares is None else shares)

        start = self.model.flat.astype(np.float64)
        result = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=self.options)
        self.model.flat[:] = result.x
        return float(result.fun)
