# %% [markdown]
r"""
# 05 · Backward: you may have heard

What is said about gradients and is not the lesson's own story, and what only a second reading wants. No other
lesson depends on it.

**Time:** {minutes} minutes.
**Before this:** the lesson, [05 · Backward](05_backward.ipynb).
"""

# %%
import numpy as np
import torch

from helpers import data
from helpers.claims import claim
from helpers.nn import SGD, CrossEntropyLoss, Linear, ReLU, Sequential
from helpers.nn.autodiff import Value

# %% [markdown]
r"""
## "Backpropagation finds the parameters at which the batch's loss is minimal"

Backpropagation gives a gradient at one point. Does one step along it reach the minimum? A linear model with
squared error makes this easy to test, for two reasons: the minimum of a batch can be computed directly, and
so can the **best length of the step**. So the step need not suffer from a badly chosen learning rate.

The data are 442 diabetes patients with ten measurements, each scaled to a spread of 1. 100 batches of 32,
drawn at random, all weights 0 at the start. Measured is the **share of the way down that is left** after the
best step. If it is near 0, the claim holds. In a round bowl it would be exactly 0, for there the gradient
points at the minimum.
"""

# %%
X_all, y_all = data.load_diabetes()
X_all = X_all / X_all.std(axis=0)
X_all = np.c_[np.ones(442), X_all]  # a column of ones for the bias
y_all = (y_all - y_all.mean()) / y_all.std()


def mse(w, X, y):
    return np.mean((y - X @ w) ** 2)


def three_places(X, y):
    """After a step with lr 0.05, after the best step, at the minimum."""
    gradient = -2 * X.T @ y / len(y)
    best = gradient @ gradient / (2 * np.mean((X @ gradient) ** 2))
    minimum = np.linalg.lstsq(X, y, rcond=None)[0]
    return -0.05 * gradient, -best * gradient, minimum


# %%
batch_loss, full_loss, left = [], [], []
for seed in range(100):
    batch = np.random.default_rng(seed).choice(442, size=32, replace=False)
    X, y = X_all[batch], y_all[batch]
    places = three_places(X, y)
    batch_loss.append([mse(w, X, y) for w in places])
    full_loss.append([mse(w, X_all, y_all) for w in places])
    small, best, minimum = batch_loss[-1]
    left.append((best - minimum) / (np.mean(y**2) - minimum))

names = ("one step, lr 0.05", "one step, best length", "minimum of the batch")
means = np.mean([batch_loss, full_loss], axis=1).T
for name, (of_batch, of_all) in zip(names, means, strict=True):
    print(f"{name:22} batch {of_batch:.2f}, all data {of_all:.2f}")
low, high = np.quantile(left, [0.1, 0.9])
print(f"left of the way down: {np.mean(left):.2f}", end=", ")
print(f"in 80 of 100 batches {low:.2f} to {high:.2f}")

# %%
claim(
    "backprop-finds-batch-minimum",
    measured=np.mean(left),
    what="share of the way down to the batch's minimum that is left "
    "after one step of the best length",
)

# %% [markdown]
r"""
Is it good, then, that a step stops early? Look at the right column, the loss of all patients; the best
straight model on all of them has 0.48. The small step and the minimum of the batch end about equally high:
stopping early bought nothing there. The step of the best length ends lower than both. So it depends on how
early. What holds is this: at the minimum of a small batch the batch's own loss, 0.32, looks far better than
the loss of all data, 0.79. Those weights fit these 32 patients, not the others.
"""

# %%
full = np.array(full_loss)
better = [np.mean(full[:, k] < full[:, 2]) for k in (0, 1)]
print("on all data better than the batch's minimum:", end=" ")
print(f"lr 0.05 {better[0]:.0%}, best step {better[1]:.0%}")

# %% [markdown]
r"""
## "Gradients are computed by the chain rule or other optimization methods"

An optimization method *uses* gradients. There are two ways to compute one, both in the lesson: the chain
rule, and nudging, which is no optimization method either. Nudging 1,210 parameters takes 2 · 1,210 =
2,420 losses, the chain rule one forward and one backward pass. That is what the words mean, so no
measurement is needed.
"""

# %%
claim(
    "chain-rule-or-other-methods",
    because="An optimization method takes a gradient and says where to "
    "step. The gradient itself comes from the chain rule, or from nudges.",
)

# %% [markdown]
r"""
## "model = model.fit(X, y)"

A snippet that is often copied goes on with `model.evaluate(X_test, y_test)`. In Keras, `fit` trains the model
in place and returns a `History`, a record of the losses of each epoch, which cannot evaluate anything. What
`fit` returns is a matter of definition, so this is closed in words.
"""

# %%
claim(
    "keras-fit-returns-model",
    because="The Keras documentation of fit: it returns a History object, "
    "whose attribute history records the losses. After the assignment, "
    "model is that record.",
)

# %% [markdown]
r"""
scikit-learn's `fit` does return the model, which is perhaps where the habit comes from. PyTorch has the trap
in another place: what changes things in place is best not assigned.
"""

# %%
weight = torch.ones(1, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=0.1)
(weight**2).sum().backward()
optimizer = optimizer.step()
print("optimizer is now", optimizer)

# %% [markdown]
r"""
## "The slope of ReLU at 0 is 0"

At the corner there is no slope; a library has to take some number. Here are three ways to write the same
function in PyTorch, each at exactly 0:
"""

# %%
ways = {
    "torch.relu(z)": torch.relu,
    "torch.maximum(z, 0)": lambda z: torch.maximum(z, torch.zeros_like(z)),
    "torch.clamp(z, min=0)": lambda z: torch.clamp(z, min=0),
}
for name, way in ways.items():
    z = torch.zeros(1, requires_grad=True)
    way(z).sum().backward()
    print(f"{name:22} {z.grad.item()}")

# %% [markdown]
r"""
Three functions with equal values, three slopes. It matters only where an input is exactly 0. That is rare for
numbers drawn at random, and not rare for a bias of 0 under an input of zeros.

## Why from right to left?

The chain rule is a product, and products can be multiplied in any order with the same result. The cost
differs. On the right there is one number, the loss, so each step from the right multiplies a vector by a
matrix. From the left you would carry the slopes of everything with respect to *one* input, and do it again
for each of the 1,210 parameters. With one input and many outputs it would be the other way round.

## Sum or mean?

You train with the *sum* of the losses instead of the mean. What must you change to get the same path?

<details><summary>Answer</summary>

The gradient is $n$ times as large, so divide `lr` by $n$. This is why a learning rate says little without
the loss and batch size that it was used with.

</details>

## Values that hold arrays

`helpers.nn.autodiff.Value` is the class of section 5 for arrays. A local slope is there a small function,
since for arrays "multiply by the slope" can be a matrix product; and its `backward` sets every `grad` to zero
first. The two moons of section 6 through it, against the backward pass of the library:
"""

# %%
X, y = data.two_moons(200, noise=0.15, rng=np.random.default_rng(0))
rng = np.random.default_rng(1)
hidden, output = Linear(2, 16, rng=rng), Linear(16, 2, rng=rng)
model, criterion = Sequential(hidden, ReLU(), output), CrossEntropyLoss()
criterion.forward(model.forward(X), y)
model.backward(criterion.backward())

W1, b1, W2, b2 = map(Value, (hidden.W, hidden.b, output.W, output.b))
logits = (X @ W1 + b1).relu() @ W2 + b2
log_p = logits - logits.exp().sum(axis=1, keepdims=True).log()
truth = np.eye(2)[y]  # row i is 1 at class y[i]
loss = (log_p * truth).sum() * (-1 / len(y))
loss.backward()
same = bool(np.abs(W1.grad - hidden.dW).max() < 1e-10)
print("the same dW1 to 1e-10:", same)

# %% [markdown]
r"""
## The same training with the library

From the next lesson on we use the course's own library. Its linear layer is what you wrote (`rows` only
flattens inputs with more than two axes, and `.mT` is `.T` for a matrix):
"""

# %% jupyter={"source_hidden": true}
import inspect

for method in (Linear.forward, Linear.backward):
    print(inspect.getsource(method))

# %% [markdown]
r"""
Forward, loss, backward, update, each in one call. Compare the lines with section 6: you have written what
each of them does.
"""

# %%
optimizer = SGD(model, lr=0.5)
first = criterion.forward(model.forward(X), y)
for _ in range(300):
    last = criterion.forward(model.forward(X), y)
    model.backward(criterion.backward())
    optimizer.step()
print(f"loss {first:.2f} → {last:.2f}")

# %% [markdown]
r"""
Back to [the lesson](05_backward.ipynb), or on to its
[exercise](../exercises/05_backward/05_backward.ipynb).

Sources

- The [Keras documentation](https://keras.io/api/models/model_training_apis/) of `fit`.
- J. Nocedal, S. Wright, *Numerical Optimization*, 2nd ed. 2006: step sizes of finite differences (chapter 8).
- A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd ed. 2008: why one backward pass costs a small
  multiple of the forward pass.
"""
