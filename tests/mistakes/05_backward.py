"""Answers to exercise 05 that are no slips: mistakes people make, and right answers written in other ways."""

import math

import numpy as np

from helpers.checks.backward.autodiff import Node
from helpers.checks.backward.layers import tied
from helpers.checks.backward.training import trained
from tests.mistakes import alternative, mistake

# --- numerical_gradient ------------------------------------------------------------------------------------


def _differences(f, x, eps, entries=None, copy=lambda x: x.astype(float), back=True):
    """Nudge entry by entry in a copy of x (or what `copy` makes), and put it back, or not."""
    gradient, nudged = np.zeros(x.shape), copy(x)
    for i in np.ndindex(x.shape) if entries is None else entries:
        old = np.copy(nudged[i])
        nudged[i] = old + eps
        above = f(nudged)
        nudged[i] = old - eps
        gradient[i] = (above - f(nudged)) / (2 * eps)
        if back:
            nudged[i] = old
    return gradient


@mistake("backward/numerical_gradient", hint="One-sided is too coarse")
def one_sided(f, x, eps=1e-5):
    units = eps * np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([(f(x + unit) - f(x)) / eps for unit in units], x.shape)


@mistake("backward/numerical_gradient", hint="leaves a rounding error")
def adds_and_takes_away_in_place(f, x, eps=1e-5):
    if x.dtype.kind == "i":
        x = x.astype(float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += eps
        above = f(x)
        x[i] -= 2 * eps
        gradient[i] = (above - f(x)) / (2 * eps)
        x[i] += eps
    return gradient


@mistake("backward/numerical_gradient", hint="Put an entry back before you nudge the next one")
def never_puts_it_back(f, x, eps=1e-5):
    return _differences(f, x, eps, back=False)


@mistake("backward/numerical_gradient", hint="An array of integers keeps 2")
def in_place_on_integers(f, x, eps=1e-5):
    return _differences(f, x, eps, copy=np.copy)


@mistake("backward/numerical_gradient", hint="x[i] is a whole row")
def row_by_row_of_a_matrix(f, x, eps=1e-5):
    return _differences(f, x, eps, entries=range(len(x)))


@mistake("backward/numerical_gradient", hint=".copy() makes a second array")
def two_names_for_one_array(f, x, eps=1e-5):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above = below = x.astype(float)
        above[i] += eps
        below[i] -= eps
        gradient[i] = (f(above) - f(below)) / (2 * eps)
    return gradient


@alternative("backward/numerical_gradient")
def with_a_flat_view(f, x, eps=1e-5):
    nudged = np.array(x, dtype=float)
    return _differences(lambda flat: f(flat.reshape(x.shape)), nudged.ravel(), eps).reshape(x.shape)


@alternative("backward/numerical_gradient")
def in_place_but_put_back_exactly(f, x, eps=1e-5):
    return _differences(f, x, eps, copy=lambda x: x if x.dtype.kind == "f" else x.astype(float))


# --- tied_backward -----------------------------------------------------------------------------------------


@mistake("backward/tied_backward", hint="one slope for each hidden unit, over all rows")
def db_is_the_mean(d_out, X, W, b):
    dX, dW, db = tied(d_out, X, W, b)
    return dX, dW, db / len(X) if len(X) > 1 else db


@mistake("backward/tied_backward", hint="the value of dX is off")
def wrong_sign_of_dX(d_out, X, W, b):
    dX, dW, db = tied(d_out, X, W, b)
    return -dX, dW, db


@mistake("backward/tied_backward", hint="return dX, dW, db")
def without_db(d_out, X, W, b):
    return tied(d_out, X, W, b)[:2]


@mistake("backward/tied_backward", hint="Write the shapes down")
def forgot_to_transpose_X(d_out, X, W, b):
    dX, dW, db = tied(d_out, X, W, b)
    return dX, X @ (d_out @ W) + dW, db


@mistake("backward/tied_backward", hint="compute new arrays")
def changes_d_out(d_out, X, W, b):
    answer = tied(d_out, X, W, b)
    d_out *= 0
    return answer


@alternative("backward/tied_backward")
def row_by_row(d_out, X, W, b):
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(b)
    for i in range(len(X)):
        z = X[i] @ W + b
        dz = np.where(z > 0, W.T @ d_out[i], 0)
        dX[i] = W @ dz
        dW += np.outer(X[i], dz) + np.outer(d_out[i], np.maximum(z, 0))
        db += dz
    return [dX, dW, db]


@alternative("backward/tied_backward")
def in_float32(d_out, X, W, b):
    return tied(*(array.astype(np.float32) for array in (d_out, X, W, b)))


# --- soft_cross_entropy_backward ---------------------------------------------------------------------------


def _minus_targets(p, targets, T):
    return (p - targets) / (T * len(targets))


@mistake("backward/soft_cross_entropy_backward", hint="np.nan_to_num or np.clip")
def hides_the_nan(logits, targets, T):
    e = np.exp(logits / T)
    return _minus_targets(np.nan_to_num(e / e.sum(axis=1, keepdims=True)), targets, T)


@mistake("backward/soft_cross_entropy_backward", hint="keepdims=True")
def no_keepdims(logits, targets, T):
    e = np.exp((logits - logits.max(axis=1, keepdims=True)) / T)
    return _minus_targets(e / e.sum(axis=1), targets, T)


@mistake("backward/soft_cross_entropy_backward", hint="the caller's array")
def shifts_in_place(logits, targets, T):
    logits -= logits.max(axis=1, keepdims=True)
    return hides_the_nan(logits, targets, T)


@mistake("backward/soft_cross_entropy_backward", hint="One slope for each logit")
def returns_the_losses(logits, targets, T):
    z = logits / T
    return -(targets * (z - np.logaddexp.reduce(z, axis=1)[:, None])).sum(axis=1)


@mistake("backward/soft_cross_entropy_backward", hint="sum to 1, and so do the targets")
def wrong_in_one_entry(logits, targets, T):
    d = from_log_probabilities(logits, targets, T)
    d[-1, 0] += len(d) > 1
    return d


@alternative("backward/soft_cross_entropy_backward")
def from_log_probabilities(logits, targets, T):
    z = (logits - logits.max(axis=1, keepdims=True)) / T
    d = np.exp(z - np.log(np.exp(z).sum(axis=1))[:, None])
    np.subtract(d, targets, out=d)
    return np.divide(d, T * len(d))


@alternative("backward/soft_cross_entropy_backward")
def sample_by_sample(logits, targets, T):
    rows = []
    for z, truth in zip(logits / T, targets, strict=True):
        e = [math.exp(v - max(z)) for v in z]
        rows.append([(v / sum(e) - t) / T / len(targets) for v, t in zip(e, truth, strict=True)])
    return rows


# --- autodiff_node -----------------------------------------------------------------------------------------


@mistake("backward/autodiff_node", hint="a billion, paths", endless=True)
class AlongEveryPath(Node):
    """Sums over all paths: right for small graphs, and without end for 30 doublings."""

    def backward(self, arriving=None):
        if arriving is None:
            for node in self.order():
                node.grad = 0.0
            arriving = 1.0
        self.grad += arriving
        for source, slope in self.edges:
            source.backward(arriving * slope)


@mistake("backward/autodiff_node", hint="write `__truediv__`")
class QuotientNotWritten:
    __init__, __add__, exp, backward, grad = Node.__init__, Node.__add__, Node.exp, Node.backward, 0.0


@mistake("backward/autodiff_node", hint="with the pairs (source, slope)")
class QuotientReturnsNothing(Node):
    def __truediv__(self, other):
        self.edges = Node.__truediv__(self, other).edges


@mistake("backward/autodiff_node", hint="the nodes that it is given stay as they are")
class QuotientChangesItsNumerator(Node):
    def __truediv__(self, other):
        out = Node.__truediv__(self, other)
        self.data = out.data
        return out


@mistake("backward/autodiff_node", hint="Look at the data of the new Node first")
class QuotientKeepsTheProduct(Node):
    def __truediv__(self, other):
        out = Node.__truediv__(self, other)
        out.data = self.data * other.data
        return out


@mistake("backward/autodiff_node", hint="a Node and a number")
class EdgesWithoutSlopes(Node):
    def exp(self):
        return type(self)(math.exp(self.data), [self])


@alternative("backward/autodiff_node")
class WithASmallFunctionPerOperation:
    def __init__(self, data, sources=(), slopes=()):
        self.data, self.grad, self.sources, self.slopes = data, 0, sources, slopes

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), (1, 1))

    def __truediv__(self, other):
        quotient = self.data / other.data
        return type(self)(quotient, (self, other), (1 / other.data, -quotient / other.data))

    def exp(self):
        t = np.exp(self.data)
        return type(self)(t, (self,), (t,))

    def backward(self):
        order, stack = [], [(self, False)]
        while stack:
            node, done = stack.pop()
            if done and node not in order:
                order.append(node)
            elif not done and node not in order:
                stack += [(node, True), *((source, False) for source in node.sources)]
        for node in order:
            node.grad = float(node is self)
        for node in order[::-1]:
            for source, slope in zip(node.sources, node.slopes, strict=True):
                source.grad = source.grad + slope * node.grad


# --- train_autoencoder -------------------------------------------------------------------------------------


@mistake("backward/train_autoencoder", hint="Begin with copies")
def trains_the_callers_start(X, start, lr, num_steps):
    parameters, losses = trained(X, start, lr, num_steps)
    for part, new in zip(start, parameters, strict=True):
        part[:] = new
    return start, losses


@mistake("backward/train_autoencoder", hint="gives a new array the name p")
def updates_a_name(X, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        new, loss = trained(X, parameters, lr, 1)
        for p, q in zip(parameters, new, strict=True):
            p = q  # noqa: F841
        losses.append(loss[0])
    return parameters, losses


@mistake("backward/train_autoencoder", hint="Return the new arrays")
def returns_the_start(X, start, lr, num_steps):
    return start, trained(X, start, lr, num_steps)[1]


@mistake("backward/train_autoencoder", hint="b is right and W is not")
def takes_the_mean_of_two_shares(X, start, lr, num_steps):
    return trained(X, start, lr, num_steps, shares=(0.5, 0.5))


@mistake("backward/train_autoencoder", hint="b did not move")
def forgets_the_bias(X, start, lr, num_steps):
    losses, (W, b) = [], start
    for _ in range(num_steps):
        (W, _), loss = trained(X, [W, b], lr, 1)
        losses.append(loss[0])
    return [W, b], losses


@mistake("backward/train_autoencoder", hint="on all rows")
def one_row_after_the_other(X, start, lr, num_steps):
    parameters, losses = start, []
    for _ in range(num_steps):
        losses.append(trained(X, parameters, lr, 1)[1][0])
        for i in range(len(X)):
            parameters = trained(X[i : i + 1], parameters, lr / len(X), 1)[0]
    return parameters, losses


@alternative("backward/train_autoencoder")
def trained_in_float32(X, start, lr, num_steps):
    parameters, losses = trained(X.astype("f4"), [part.astype("f4") for part in start], lr, num_steps)
    return tuple(part.astype("f4") for part in parameters), [float(np.float32(loss)) for loss in losses]
