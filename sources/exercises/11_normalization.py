# %% [markdown]
r"""
# Exercise 11 · Normalization

Five tasks, 18 points, about 40 minutes. At the end you mend a script that trains a network with batch norm,
and does not get there. Lesson: [11 · Normalization](../../lessons/11_normalization.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data, nn
from helpers.checks import check

# %% [markdown] task="normalization/batch_norm"
r"""
## Task 1 · Batch norm for recordings (3 points)

A batch holds n recordings, each of C sensors at L moments: `X` has shape (n, C, L). The sensors measure
different things, so each is a *channel* with its own mean and its own variance, over **all recordings and all
moments** of the batch. (`BatchNorm1d` of PyTorch does the same with an array of this shape.)

Write `batch_norm(X, gamma, beta, eps)`, as in training. `gamma` and `beta` have shape (C,), one number for
each channel, and

$$\hat x = \frac{x - \text{mean}}{\sqrt{\text{var} + \epsilon}}, \quad \text{out} = \gamma\, \hat x + \beta.$$

`var` is the mean of the squared distances from the mean: divide by the number of values. Return three arrays:

- `out`, shape (n, C, L);
- `mean` and `var` of each channel, both of shape (C,).

Leave `X` as it is. For example, with two recordings, two channels and two moments:

    X = np.array([[[1.0, 3.0], [9.0, 9.0]], [[5.0, 7.0], [9.0, 9.0]]])
    out, mean, var = batch_norm(X, np.array([3.0, 2.0]), np.array([10.0, 5.0]), 4.0)
    →  mean = [4. 9.],  var = [5. 0.]
       out[:, 0] = [[ 7.  9.] [11. 13.]],  out[:, 1] = [[5. 5.] [5. 5.]]

By hand: channel 0 holds 1, 3, 5 and 7. The first is 3 below the mean, and the root of 5 + 4 is 3. So x̂ is -1,
and 3 · (-1) + 10 = 7. Channel 1 is constant: x̂ is 0, and only beta is left.
"""


# %% answer="normalization/batch_norm"
def batch_norm(X, gamma, beta, eps):
    """out (n, C, L), and the mean and variance (C,) of each channel."""
    ### BEGIN SOLUTION
    mean = X.mean(axis=(0, 2))
    var = X.var(axis=(0, 2))
    x_hat = (X - mean[:, None]) / np.sqrt(var + eps)[:, None]
    return gamma[:, None] * x_hat + beta[:, None], mean, var
    ### END SOLUTION


# %% check="normalization/batch_norm"
check("normalization/batch_norm", batch_norm)

# %% [markdown] task="normalization/batch_norm_backward"
r"""
## Task 2 · The way back, when the input is forgotten (4 points)

A batch norm that keeps its input *and* its output needs twice the memory. The output is enough: with gamma
and beta, x̂ can be got back from it. Write

    batch_norm_backward(d_out, out, gamma, beta, std, training)

for a batch norm of n rows and d columns.

- `d_out`, shape (n, d), is the slope of the loss for each entry of `out`, shape (n, d);
- `gamma` and `beta`, both (d,), are its parameters; no gamma is 0;
- `std`, (d,), is the root of variance plus eps, by which it divided;
- `training` is True or False. In training mode, mean and variance came from this very batch. In evaluation
  mode they are stored numbers, which no entry of X moves.

Return `dX` (n, d), the slopes for the input, and `dgamma` and `dbeta`, both (d,), in either mode. For
example, with one column:

    d_out = np.array([[1.0], [0.0], [0.0], [0.0]])
    out = np.array([[-1.0], [-1.0], [3.0], [3.0]])
    gamma, beta, std = np.array([2.0]), np.array([1.0]), np.array([0.5])
    batch_norm_backward(d_out, out, gamma, beta, std, True)
    →  dX = [[ 2.] [-2.] [ 0.] [ 0.]],  dgamma = [-1.],  dbeta = [1.]

In evaluation mode dX is 4, 0, 0, 0. By hand: x̂ is -1, -1, 1, 1, and the slope for the first x̂ is
1 · 2. The direct way gives 2 / 0.5 = 4. In training the first two x share what is left, since a nudge of one
moves the mean and the spread of all four.
"""


# %% answer="normalization/batch_norm_backward"
def batch_norm_backward(d_out, out, gamma, beta, std, training):
    """dX (n, d), dgamma (d,) and dbeta (d,) from d_out and out, (n, d)."""
    ### BEGIN SOLUTION
    x_hat = (out - beta) / gamma
    dgamma = (d_out * x_hat).sum(axis=0)
    dbeta = d_out.sum(axis=0)
    d = d_out
    if training:
        d = d_out - (dbeta + x_hat * dgamma) / len(out)
    return d * gamma / std, dgamma, dbeta
    ### END SOLUTION


# %% check="normalization/batch_norm_backward"
check("normalization/batch_norm_backward", batch_norm_backward)

# %% [markdown] task="normalization/running_statistics"
r"""
## Task 3 · What is left of a training (3 points)

Write `running_statistics(batches, momentum)`: what a batch norm has stored after these batches. `batches` is
a list of arrays, at least one; each has its own number of rows, and d columns. Return `mean` and `var`, both
of shape (d,).

- Before the first batch the stored mean is 0 and the stored variance 1, for each column.
- Each batch moves both towards its own: the new value is (1 - `momentum`) times the old one plus `momentum`
  times that of the batch. Momentum is a number from 0 to 1, both allowed, and the share of the **new**.
- If `momentum` is None, both are instead plain means over the batches so far: each batch counts the same,
  also a small one, and what was stored before the first does not count.
- The variance of a batch is here the one divided by n - 1, where n is its number of rows. A batch of a single
  row has none: raise a `ValueError` with a message, wherever in the list it comes.

All of this is as in PyTorch. For example, with one column:

    batches = [np.array([[1.0], [3.0]]), np.array([[2.0], [4.0], [6.0]])]
    running_statistics(batches, 0.5)   →  (array([2.5]), array([2.75]))
    running_statistics(batches, None)  →  (array([3.]), array([3.]))

By hand: the batches have the means 2 and 4, and the variances 2 and 4. The mean goes from 0 to 1 to 2.5, the
variance from 1 to 1.5 to 2.75.
"""


# %% answer="normalization/running_statistics"
def running_statistics(batches, momentum):
    """The stored mean and variance, both (d,), after these batches."""
    ### BEGIN SOLUTION
    d = batches[0].shape[1]
    mean, var = np.zeros(d), np.ones(d)
    for number, X in enumerate(batches, start=1):
        if len(X) < 2:
            raise ValueError(f"batch {number} has one row, and no variance")
        share = 1 / number if momentum is None else momentum
        mean = (1 - share) * mean + share * X.mean(axis=0)
        var = (1 - share) * var + share * X.var(axis=0, ddof=1)
    return mean, var
    ### END SOLUTION


# %% check="normalization/running_statistics"
check("normalization/running_statistics", running_statistics)

# %% [markdown] task="normalization/layer_norm"
r"""
## Task 4 · Layer norm, of one axis or more (3 points)

A layer norm looks at one sample alone. What *one sample* is, the shape of gamma says: with words of d numbers
in sentences, `X` (n, T, d) and `gamma` (d,), each **word** is normalised by itself; with `gamma` (T, d), each
**sentence** is. So the last axes of X, as many as gamma has, share one mean and one variance.
(`nn.LayerNorm` of PyTorch takes that shape as `normalized_shape`.)

Write `layer_norm(X, gamma, beta, eps)`. `gamma` and `beta` have the same shape, that of the last axes of
`X`; X may have more axes in front, any number of them, or none. The formula is that of task 1, and the
variance again divides by the number of values. Return an array of the shape of `X`.

    X = np.array([[1.0, 3.0], [5.0, 5.0]])
    layer_norm(X, np.array([2.0, 4.0]), np.array([0.0, 1.0]), 3.0)
    →  array([[-1.,  3.], [ 0.,  1.]])

    layer_norm(np.array([[1.0, 3.0], [5.0, 7.0]]), np.full((2, 2), 3.0), np.zeros((2, 2)), 4.0)
    →  array([[-3., -1.], [ 1.,  3.]])

By hand: in the first, the row 1, 3 has the mean 2 and the variance 1, and the root of 1 + 3 is 2. So x̂ is -½
and ½; each place has its own gamma and beta. In the second, all four are one sample, with the mean 4 and the
variance 5.
"""


# %% answer="normalization/layer_norm"
def layer_norm(X, gamma, beta, eps):
    """X with each sample normalised, scaled by gamma, shifted by beta."""
    ### BEGIN SOLUTION
    axes = tuple(range(X.ndim - gamma.ndim, X.ndim))
    centred = X - X.mean(axis=axes, keepdims=True)
    var = (centred**2).mean(axis=axes, keepdims=True)
    return gamma * centred / np.sqrt(var + eps) + beta
    ### END SOLUTION


# %% check="normalization/layer_norm"
check("normalization/layer_norm", layer_norm)

# %% [markdown] task="normalization/mend"
r"""
## Task 5 · Mend a script (5 points)

The next cell defines `script(X, y, X_val, y_val, batch_size, num_epochs, rng)`. It is to train a network with
two batch norms, and to return it with its accuracy on the validation rows after each epoch. Somebody took it
over from another library, in a hurry. It has **three faults**:

- on the digits of the cell it ends with an error;
- without the row that is to blame, the accuracy is high after the first epoch, and far lower from then on;
- and when that is mended, the stored numbers of its batch norms still fit the training rows badly.

Write `mend(X, y, X_val, y_val, batch_size, num_epochs, rng)`, which does what the script should. Copy its
lines into your answer, and mend them. `X` (n, 64) and `X_val` (m, 64) are pictures, `y` (n,)
and `y_val` (m,) their digits. Return

- `model`, trained for `num_epochs` epochs in batches of `batch_size`. Its layers stay those of `network`. An
  epoch may leave out the rows of a last batch that is too small, or join them to the batch before;
- `accuracies`, a list with a number from 0 to 1 for each epoch: the share of the rows of `X_val` that are
  right, each of them judged **as if it came alone**.

The check trains on other digits, with other numbers of rows. For some of them `X_val` has one digit only, for
instance nothing but threes. Of new pictures 0.6 or more have to be right in evaluation mode.

To see what happens, run `script(*digits, batch_size=8, num_epochs=4, rng=np.random.default_rng(0))` in a new
cell, and `help(nn.BatchNorm)`.
"""

# %%
X, y = data.load_digits()
X, order = X / 16, np.random.default_rng(0).permutation(len(y))
train, val = order[:1201], order[1201:1501]
digits = X[train], y[train], X[val], y[val]


def network(momentum, rng):
    """64 pixels, two hidden layers with batch norm, ten logits."""
    layers = []
    for n_in in (64, 32):
        norm = nn.BatchNorm(32, momentum=momentum)
        layers += [nn.Linear(n_in, 32, rng=rng), norm, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(32, 10, rng=rng))


def script(X, y, X_val, y_val, batch_size, num_epochs, rng):
    """A network, and its accuracy on X_val after each epoch."""
    model = network(momentum=0.9, rng=rng)
    loss, optimizer = nn.CrossEntropyLoss(), nn.SGD(model, lr=0.2)
    accuracies = []
    model.train()
    for _epoch in range(num_epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            loss.forward(model.forward(X[rows]), y[rows])
            model.backward(loss.backward())
            optimizer.step()
        right = model.forward(X_val).argmax(axis=1) == y_val
        model.eval()
        accuracies.append(right.mean())
    return model, accuracies


# %% answer="normalization/mend"
def mend(X, y, X_val, y_val, batch_size, num_epochs, rng):
    """A network, and its accuracy on X_val after each epoch."""
    ### BEGIN SOLUTION
    model = network(momentum=0.1, rng=rng)
    loss, sgd = nn.CrossEntropyLoss(), nn.SGD(model, lr=0.2)
    accuracies = []
    for _ in range(num_epochs):
        model.train()
        shuffled = rng.permutation(len(X))
        for i in range(0, len(X), batch_size):
            rows = shuffled[i : i + batch_size]
            if len(rows) == 1:
                continue
            logits = model.forward(X[rows])
            loss.forward(logits, y[rows])
            slope = loss.backward()
            model.backward(slope)
            sgd.step()
        model.eval()
        said = model.forward(X_val).argmax(axis=1)
        accuracies.append(np.mean(said == y_val))
    return model, accuracies
    ### END SOLUTION


# %% check="normalization/mend"
check("normalization/mend", mend)

# %% [markdown]
r"""
## Afterwards

All five pass? Then see what a small batch does to the way back. In a new cell, run

    rng = np.random.default_rng(0)
    for n in (2, 3, 8, 64):
        x_hat = rng.normal(size=(n, 1))
        x_hat = (x_hat - x_hat.mean()) / x_hat.std()
        one = np.ones(1)
        dX, *_ = batch_norm_backward(rng.normal(size=(n, 1)), x_hat, one, 0 * one, one, True)
        print(n, np.abs(dX).mean())

What is left with two rows, and why? (What is x̂ of two numbers?) Then train the script of task 5 with
`nn.LayerNorm(32)` in place of each batch norm. Which of the three faults are still faults?
"""
