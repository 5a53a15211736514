"""Answers to exercise 05 that are no slips: mistakes people make, and right answers written in other ways."""

import math

import numpy as np

from helpers.checks.backward.autodiff import Node
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


# --- linear_backward ---------------------------------------------------------------------------------------


@mistake("backward/linear_backward", hint="which axis goes?")
def db_over_the_wrong_axis(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.sum(axis=1)


@mistake("backward/linear_backward", hint="the shape of db is wrong: expected (2,), got ()")
def db_over_everything(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.sum()


@mistake("backward/linear_backward", hint="the value of dX is off")
def wrong_sign_of_dX(d_out, X, W):
    return -d_out @ W.T, X.T @ d_out, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="return dX, dW, db")
def without_db(d_out, X, W):
    return d_out @ W.T, X.T @ d_out


@mistake("backward/linear_backward", hint="Write the shapes down")
def forgot_to_transpose_X(d_out, X, W):
    return d_out @ W.T, X @ d_out, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="compute new arrays")
def changes_d_out(d_out, X, W):
    dX, dW, db = d_out @ W.T, X.T @ d_out, d_out.sum(axis=0)
    d_out *= 0
    return dX, dW, db


@alternative("backward/linear_backward")
def row_by_row(d_out, X, W):
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros(W.shape[1])
    for i in range(len(X)):
        dX[i] = W @ d_out[i]
        dW += np.outer(X[i], d_out[i])
        db += d_out[i]
    return [dX, dW, db]


@alternative("backward/linear_backward")
def in_float32_with_a_column_of_ones(d_out, X, W):
    d_out, X, W = (array.astype(np.float32) for array in (d_out, X, W))
    both = np.c_[X, np.ones(len(X), dtype=np.float32)].T @ d_out
    return (W @ d_out.T).T, both[:-1], both[-1]


# --- softmax_cross_entropy_backward ------------------------------------------------------------------------


def _minus_truth(p, logits, y):
    return (p - np.eye(logits.shape[1])[y]) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="np.nan_to_num or np.clip")
def hides_the_nan(logits, y):
    e = np.exp(logits)
    return _minus_truth(np.nan_to_num(e / e.sum(axis=1, keepdims=True)), logits, y)


@mistake("backward/softmax_cross_entropy_backward", hint="only rows with very large or very small logits")
def clips_the_logits(logits, y):
    return hides_the_nan(np.clip(logits, -700, 700), y)


@mistake("backward/softmax_cross_entropy_backward", hint="keepdims=True")
def no_keepdims(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return _minus_truth(e / e.sum(axis=1), logits, y)


@mistake("backward/softmax_cross_entropy_backward", hint="the caller's array")
def shifts_in_place(logits, y):
    logits -= logits.max(axis=1, keepdims=True)
    return hides_the_nan(logits, y)


@mistake("backward/softmax_cross_entropy_backward", hint="One slope for each logit")
def returns_the_losses(logits, y):
    return -(logits - np.logaddexp.reduce(logits, axis=1)[:, None])[np.arange(len(y)), y]


@mistake("backward/softmax_cross_entropy_backward", hint="the probabilities sum to 1, and so does the truth")
def wrong_in_one_entry(logits, y):
    d = from_log_probabilities(logits, y)
    d[-1, 0] += len(y) > 1
    return d


@alternative("backward/softmax_cross_entropy_backward")
def from_log_probabilities(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    d = np.exp(shifted - np.log(np.exp(shifted).sum(axis=1))[:, None])
    np.subtract.at(d, (np.arange(len(y)), y), 1)
    return np.divide(d, len(y))


@alternative("backward/softmax_cross_entropy_backward")
def sample_by_sample(logits, y):
    rows = []
    for z, label in zip(logits, y, strict=True):
        e = [math.exp(v - max(z)) for v in z]
        rows.append([(v / sum(e) - (j == label)) / len(y) for j, v in enumerate(e)])
    return rows


# --- autodiff_node -----------------------------------------------------------------------------------------


@mistake("backward/autodiff_node", hint="a billion, paths", endless=True)
class AlongEveryPath(Node):
    """Sums over all paths: right for small graphs, and without end for 30 doublings."""

    def backward(self, arriving=1.0):
        self.grad += arriving
        for source, slope in self.edges:
            source.backward(arriving * slope)


@mistake("backward/autodiff_node", hint="write `__mul__`")
class ProductNotWritten:
    __init__, __add__, tanh, backward, grad = Node.__init__, Node.__add__, Node.tanh, Node.backward, 0.0


@mistake("backward/autodiff_node", hint="with the pairs (source, slope)")
class ProductReturnsNothing(Node):
    def __mul__(self, other):
        self.edges = [(self, other.data), (other, self.data)]


@mistake("backward/autodiff_node", hint="the nodes that it is given stay as they are")
class ProductChangesItsFirstFactor(Node):
    def __mul__(self, other):
        out = Node.__mul__(self, other)
        self.data = out.data
        return out


@mistake("backward/autodiff_node", hint="Look at the data of the new Node first")
class ProductKeepsTheSum(Node):
    def __mul__(self, other):
        return type(self)(self.data + other.data, [(self, other.data), (other, self.data)])


@mistake("backward/autodiff_node", hint="a Node and a number")
class EdgesWithoutSlopes(Node):
    def tanh(self):
        return type(self)(math.tanh(self.data), [self])


@alternative("backward/autodiff_node")
class WithASmallFunctionPerOperation:
    def __init__(self, data, sources=(), slopes=()):
        self.data, self.grad, self.sources, self.slopes = data, 0, sources, slopes

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = np.tanh(self.data)
        return type(self)(t, (self,), (1 - t * t,))

    def backward(self):
        order, stack = [], [(self, False)]
        while stack:
            node, done = stack.pop()
            if done and node not in order:
                order.append(node)
            elif not done and node not in order:
                stack += [(node, True), *((source, False) for source in node.sources)]
        self.grad = 1
        for node in order[::-1]:
            for source, slope in zip(node.sources, node.slopes, strict=True):
                source.grad = source.grad + slope * node.grad


# --- train_moons -------------------------------------------------------------------------------------------


@mistake("backward/train_moons", hint="Begin with copies")
def trains_the_callers_start(X, y, start, lr, num_steps):
    parameters, losses = trained(X, y, start, lr, num_steps)
    for part, new in zip(start, parameters, strict=True):
        part[:] = new
    return start, losses


@mistake("backward/train_moons", hint="gives a new array the name p")
def updates_a_name(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        new, loss = trained(X, y, parameters, lr, 1)
        for p, q in zip(parameters, new, strict=True):
            p = q  # noqa: F841
        losses.append(loss[0])
    return parameters, losses


@mistake("backward/train_moons", hint="Return the new arrays")
def returns_the_start(X, y, start, lr, num_steps):
    return start, trained(X, y, start, lr, num_steps)[1]


@mistake("backward/train_moons", hint="What lies between them is at fault")
def with_a_wrong_ReLU(X, y, start, lr, num_steps):
    return trained(X, y, start, lr, num_steps, mask=lambda Z: Z)


@mistake("backward/train_moons", hint="the biases too")
def forgets_the_biases(X, y, start, lr, num_steps):
    losses, (W1, b1, W2, b2) = [], start
    for _ in range(num_steps):
        (W1, _, W2, _), loss = trained(X, y, [W1, b1, W2, b2], lr, 1)
        losses.append(loss[0])
    return [W1, b1, W2, b2], losses


@mistake("backward/train_moons", hint="on all rows at once")
def one_row_after_the_other(X, y, start, lr, num_steps):
    parameters, losses = start, []
    for _ in range(num_steps):
        losses.append(trained(X, y, parameters, lr, 1)[1][0])
        for i in range(len(y)):
            parameters = trained(X[i : i + 1], y[i : i + 1], parameters, lr / len(y), 1)[0]
    return parameters, losses


@alternative("backward/train_moons")
def in_float32(X, y, start, lr, num_steps):
    parameters, losses = trained(X.astype("f4"), y, [part.astype("f4") for part in start], lr, num_steps)
    return tuple(part.astype("f4") for part in parameters), [float(np.float32(loss)) for loss in losses]
