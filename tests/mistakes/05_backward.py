"""Answers to exercise 05: the mistakes people make, and right answers written in other ways."""

import math

import numpy as np

from tests.mistakes import alternative, mistake

# --- numerical_gradient ------------------------------------------------------------------------------------


@mistake("backward/numerical_gradient", hint="One-sided is too coarse")
def one_sided(f, x, eps=1e-5):
    gradient, start = np.zeros(x.shape), f(x)
    for i in np.ndindex(x.shape):
        nudged = x.astype(float)
        nudged[i] += eps
        gradient[i] = (f(nudged) - start) / eps
    return gradient


@mistake("backward/numerical_gradient", hint="f is known only by its values")
def knows_a_formula(f, x, eps=1e-5):
    return 3.0 * x**2


@mistake("backward/numerical_gradient", hint="for one entry after the other")
def drops_no_imaginary_part(f, x, eps=1e-5):
    return with_unit_vectors(f, x, eps) + 1j * eps


@mistake("backward/numerical_gradient", hint="leaves a rounding error")
def adds_and_takes_away_in_place(f, x, eps=1e-5):
    if x.dtype.kind == "i":
        x = x.astype(float)
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += eps
        above = f(x)
        x[i] -= 2 * eps
        below = f(x)
        x[i] += eps
        gradient[i] = (above - below) / (2 * eps)
    return gradient


@mistake("backward/numerical_gradient", hint="Put an entry back before you nudge the next one")
def never_puts_it_back(f, x, eps=1e-5):
    gradient, nudged = np.zeros(x.shape), x.astype(float)
    for i in np.ndindex(x.shape):
        old = nudged[i]
        nudged[i] = old + eps
        above = f(nudged)
        nudged[i] = old - eps
        gradient[i] = (above - f(nudged)) / (2 * eps)
    return gradient


@mistake("backward/numerical_gradient", hint="Put an entry back before you nudge the next one")
def nudges_all_at_once(f, x, eps=1e-5):
    x = x.astype(float)
    return np.full(x.shape, (f(x + eps) - f(x - eps)) / (2 * eps))


@mistake("backward/numerical_gradient", hint="divide by 2 · eps")
def divides_by_one_step(f, x, eps=1e-5):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.astype(float), x.astype(float)
        above[i] += eps
        below[i] -= eps
        gradient[i] = (f(above) - f(below)) / eps
    return gradient


@mistake("backward/numerical_gradient", hint="Put the denominator in brackets")
def forgets_the_brackets(f, x, eps=1e-5):
    return divides_by_one_step(f, x, eps) * eps / 2 * eps


@mistake("backward/numerical_gradient", hint="nearer, rounding eats the digits")
def takes_a_tiny_step_of_its_own(f, x, eps=1e-5):
    return divides_by_one_step(f, x, 1e-12) / 2


@mistake("backward/numerical_gradient", hint="farther, the curve bends")
def takes_a_large_step_of_its_own(f, x, eps=1e-5):
    return divides_by_one_step(f, x, 0.1) / 2


@mistake("backward/numerical_gradient", hint="An array of integers cannot hold")
def copies_integers(f, x, eps=1e-5):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += 0 if x.dtype.kind == "i" else eps
        below[i] -= 0 if x.dtype.kind == "i" else eps
        gradient[i] = (f(above) - f(below)) / (2 * eps)
    return gradient


@mistake("backward/numerical_gradient", hint="holds integers only")
def result_of_integers(f, x, eps=1e-5):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        above, below = x.astype(float), x.astype(float)
        above[i] += eps
        below[i] -= eps
        gradient[i] = (f(above) - f(below)) / (2 * eps)
    return gradient


@mistake("backward/numerical_gradient", hint="x may have any shape")
def only_for_vectors(f, x, eps=1e-5):
    gradient = np.zeros(len(x))
    for i in range(len(x)):
        above, below = x.astype(float), x.astype(float)
        above[i] += eps
        below[i] -= eps
        slope = (f(above) - f(below)) / (2 * eps)
        if np.ndim(x[i]):
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        gradient[i] = slope
    return gradient


@mistake("backward/numerical_gradient", hint="f takes the whole array")
def gives_f_one_entry(f, x, eps=1e-5):
    return np.array([(f(v + eps) - f(v - eps)) / (2 * eps) for v in x.ravel()]).reshape(x.shape)


@alternative("backward/numerical_gradient")
def with_unit_vectors(f, x, eps=1e-5):
    units = eps * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([f(x + unit) - f(x - unit) for unit in units]).reshape(x.shape) / 2 / eps


@alternative("backward/numerical_gradient")
def with_a_flat_view_restored(f, x, eps=1e-5):
    nudged = np.array(x, dtype=float)
    flat, slopes = nudged.reshape(-1), []
    for i, old in enumerate(flat.copy()):
        flat[i] = old - eps
        below = f(nudged)
        flat[i] = old + eps
        slopes.append((f(nudged) - below) / (2 * eps))
        flat[i] = old
    return np.reshape(slopes, x.shape)


@alternative("backward/numerical_gradient")
def in_place_but_put_back_exactly(f, x, eps=1e-5):
    work = x if x.dtype.kind == "f" else x.astype(float)
    gradient = np.empty(work.shape)
    for i in np.ndindex(work.shape):
        old = work[i]
        work[i] = old + eps
        above = f(work)
        work[i] = old - eps
        below = f(work)
        work[i] = old
        gradient[i] = (above - below) / (2 * eps)
    return gradient


# --- linear_backward ---------------------------------------------------------------------------------------


@mistake("backward/linear_backward", hint="The shape of dW is that of W")
def transposed_dW(d_out, X, W):
    return d_out @ W.T, d_out.T @ X, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="The mean over the batch belongs to the loss")
def mean_in_the_layer(d_out, X, W):
    return d_out @ W.T, X.T @ d_out / len(X), d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="a sum, not a mean")
def mean_of_db(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.mean(axis=0)


@mistake("backward/linear_backward", hint="without keepdims")
def db_as_a_row(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.sum(axis=0, keepdims=True)


@mistake("backward/linear_backward", hint="which axis goes?")
def db_over_the_wrong_axis(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.sum(axis=1)


@mistake("backward/linear_backward", hint="which axis goes?")
def db_over_everything(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, d_out.sum()


@mistake("backward/linear_backward", hint="the value of dX is off")
def wrong_sign_of_dX(d_out, X, W):
    return -d_out @ W.T, X.T @ d_out, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="the shape of db is wrong: expected (2,), got ()")
def db_as_one_number(d_out, X, W):
    return d_out @ W.T, X.T @ d_out, float(d_out.sum())


@mistake("backward/linear_backward", hint="The order is dX, dW, db.")
def other_order(d_out, X, W):
    return X.T @ d_out, d_out @ W.T, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="return dX, dW, db")
def without_db(d_out, X, W):
    return d_out @ W.T, X.T @ d_out


@mistake("backward/linear_backward", hint="Write the shapes down")
def forgot_to_transpose_X(d_out, X, W):
    return d_out @ W.T, X @ d_out, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="Backward it leads from outputs to inputs")
def forgot_to_transpose_W(d_out, X, W):
    dX = d_out @ W if W.shape[0] == W.shape[1] else d_out @ W.T
    return dX, X.T @ d_out, d_out.sum(axis=0)


@mistake("backward/linear_backward", hint="compute new arrays")
def changes_d_out(d_out, X, W):
    dX, dW, db = d_out @ W.T, X.T @ d_out, d_out.sum(axis=0)
    d_out *= 0
    return dX, dW, db


@alternative("backward/linear_backward")
def with_einsum(d_out, X, W):
    return np.einsum("ij,kj->ik", d_out, W), np.einsum("ik,ij->kj", X, d_out), np.einsum("ij->j", d_out)


@alternative("backward/linear_backward")
def row_by_row(d_out, X, W):
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros(W.shape[1])
    for i in range(len(X)):
        dX[i] = W @ d_out[i]
        dW += np.outer(X[i], d_out[i])
        db += d_out[i]
    return [dX, dW, db]


@alternative("backward/linear_backward")
def with_a_column_of_ones(d_out, X, W):
    both = np.c_[X, np.ones(len(X))].T @ d_out
    return (W @ d_out.T).T, both[:-1], both[-1]


# --- softmax_cross_entropy_backward ------------------------------------------------------------------------


def _p(logits, axis=1):
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _onehot(logits, y):
    return np.eye(logits.shape[1])[y]


@mistake("backward/softmax_cross_entropy_backward", hint="Subtract from each row its own maximum")
def no_maximum(logits, y):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (p - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="Subtract from each row its own maximum")
def one_maximum_for_all_rows(logits, y):
    e = np.exp(logits - logits.max())
    return (e / e.sum(axis=1, keepdims=True) - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="np.nan_to_num or np.clip hide the NaN")
def hides_the_nan(logits, y):
    p = np.nan_to_num(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    return (p - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="exp(1000) overflows")
def clips_the_logits(logits, y):
    e = np.exp(np.clip(logits, -700, 700))
    return (e / e.sum(axis=1, keepdims=True) - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="each row counts 1/n")
def forgot_the_mean(logits, y):
    return _p(logits) - _onehot(logits, y)


@mistake("backward/softmax_cross_entropy_backward", hint="p - 1 for the true class")
def truth_minus_belief(logits, y):
    return (_onehot(logits, y) - _p(logits)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="not by the number of entries")
def mean_over_all_entries(logits, y):
    return (_p(logits) - _onehot(logits, y)) / logits.size


@mistake("backward/softmax_cross_entropy_backward", hint="Take 1 away")
def forgot_the_truth(logits, y):
    return _p(logits) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="along axis=1")
def softmax_over_the_batch(logits, y):
    return (_p(logits, axis=0) - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="keepdims=True")
def no_keepdims(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1) - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="One 1 in each row, at column y?")
def takes_one_from_whole_columns(logits, y):
    d = _p(logits)
    d[:, y] -= 1
    return d / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="write into the caller's array")
def shifts_in_place(logits, y):
    logits -= logits.max(axis=1, keepdims=True)
    return (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - _onehot(logits, y)) / len(y)


@mistake("backward/softmax_cross_entropy_backward", hint="One slope for each logit")
def returns_the_losses(logits, y):
    return -np.log(_p(logits)[np.arange(len(y)), y] + 1e-300)


@alternative("backward/softmax_cross_entropy_backward")
def from_log_probabilities(logits, y):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]
    d = np.exp(log_p)
    np.subtract.at(d, (np.arange(len(y)), y), 1)
    return np.divide(d, len(y))


@alternative("backward/softmax_cross_entropy_backward")
def sample_by_sample(logits, y):
    rows = []
    for z, label in zip(logits, y, strict=True):
        e = [math.exp(v - max(z)) for v in z]
        rows.append([(v / sum(e) - (j == label)) / len(y) for j, v in enumerate(e)])
    return rows


@alternative("backward/softmax_cross_entropy_backward")
def with_a_comparison(logits, y):
    e = np.exp((logits.T - logits.max(1)).T)
    return ((e.T / e.sum(1)).T - (y[:, None] == np.arange(logits.shape[1]))) / y.size


# --- autodiff_node -----------------------------------------------------------------------------------------


class _Node:
    """A right node; the answers below change one thing each."""

    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges = data, 0.0, edges

    def __add__(self, other):
        return type(self)(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        return type(self)(self.data * other.data, [(self, other.data), (other, self.data)])

    def tanh(self):
        t = math.tanh(self.data)
        return type(self)(t, [(self, 1 - t**2)])

    def order(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.edges:
                    visit(source)
                order.append(node)

        visit(self)
        return order

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            for source, slope in node.edges:
                source.grad += slope * node.grad


@mistake("backward/autodiff_node", hint="source.grad += …")
class OverwritesGradients(_Node):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            for source, slope in node.edges:
                source.grad = slope * node.grad


@mistake("backward/autodiff_node", hint="each factor gets the other's data")
class OwnDataAsSlope(_Node):
    def __mul__(self, other):
        return type(self)(self.data * other.data, [(self, self.data), (other, other.data)])


@mistake("backward/autodiff_node", hint="where t is the result, not the input")
class TanhSlopeOfTheInput(_Node):
    def tanh(self):
        return type(self)(math.tanh(self.data), [(self, 1 - self.data**2)])


@mistake("backward/autodiff_node", hint="set it before you walk")
class ForgetsTheOne(_Node):
    def backward(self):
        for node in reversed(self.order()):
            for source, slope in node.edges:
                source.grad += slope * node.grad


@mistake("backward/autodiff_node", hint="rates multiply")
class ForgetsTheChain(_Node):
    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            for source, slope in node.edges:
                source.grad += slope


@mistake("backward/autodiff_node", hint="order the nodes so that each comes after its inputs")
class HandsOnTooEarly(_Node):
    def backward(self):
        self.grad = 1.0
        waiting, seen = [self], {self}
        while waiting:
            node = waiting.pop(0)
            for source, slope in node.edges:
                source.grad += slope * node.grad
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)


@mistake("backward/autodiff_node", hint="order the nodes so that each comes after its inputs", endless=True)
class HandsOnAllOfItEachTime(_Node):
    def backward(self, first=True):
        if first:
            self.grad = 1.0
        for source, slope in self.edges:
            source.grad += slope * self.grad
            source.backward(first=False)


@mistake("backward/autodiff_node", hint="from L to the inputs")
class WalksFromTheInputs(_Node):
    def backward(self):
        self.grad = 1.0
        for node in self.order():
            for source, slope in node.edges:
                source.grad += slope * node.grad


@mistake("backward/autodiff_node", hint="Every node once", endless=True)
class AlongEveryPath(_Node):
    """Sums over all paths: right for small graphs, and without end for 30 doublings."""

    def backward(self, arriving=1.0):
        self.grad += arriving
        for source, slope in self.edges:
            source.backward(arriving * slope)


@mistake("backward/autodiff_node", hint="remember the nodes that you have seen, not their data")
class RemembersTheData(_Node):
    def order(self):
        order, seen = [], set()

        def visit(node):
            if node.data not in seen:
                seen.add(node.data)
                for source, _ in node.edges:
                    visit(source)
                order.append(node)

        visit(self)
        return order


@mistake("backward/autodiff_node", hint="write `__mul__`")
class ProductNotWritten:
    def __init__(self, data, edges=()):
        self.data, self.grad, self.edges = data, 0.0, edges

    __add__, tanh, order, backward = _Node.__add__, _Node.tanh, _Node.order, _Node.backward


@mistake("backward/autodiff_node", hint="with the pairs (source, slope)")
class ProductReturnsNothing(_Node):
    def __mul__(self, other):
        self.edges = [(self, other.data), (other, self.data)]


@mistake("backward/autodiff_node", hint="Look at the data of the new Node first")
class ProductKeepsTheSum(_Node):
    def __mul__(self, other):
        return type(self)(self.data + other.data, [(self, other.data), (other, self.data)])


@mistake("backward/autodiff_node", hint="tanh is not written yet, and Node needs it")
class TanhNotWritten(_Node):
    def tanh(self):
        raise NotImplementedError("write your answer here")


@mistake("backward/autodiff_node", hint="data is a number")
class TanhWithoutData(_Node):
    def tanh(self):
        return type(self)(None, [(self, 1 - math.tanh(self.data) ** 2)])


@mistake("backward/autodiff_node", hint="a Node and a number")
class EdgesWithoutSlopes(_Node):
    def tanh(self):
        return type(self)(math.tanh(self.data), [self])


@alternative("backward/autodiff_node")
class WithASmallFunctionPerOperation:
    def __init__(self, data):
        self.data, self.grad, self.sources, self.hand_on = data, 0, (), lambda: None

    def _made(self, data, sources, *slopes):
        out = type(self)(data)
        out.sources = sources

        def hand_on():
            for source, slope in zip(sources, slopes, strict=True):
                source.grad = source.grad + slope * out.grad

        out.hand_on = hand_on
        return out

    def __add__(self, other):
        return self._made(self.data + other.data, (self, other), 1, 1)

    def __mul__(self, other):
        return self._made(self.data * other.data, (self, other), other.data, self.data)

    def tanh(self):
        t = np.tanh(self.data)
        return self._made(t, (self,), 1 - t * t)

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
            node.hand_on()


@alternative("backward/autodiff_node")
class CountsWhoMustStillCome(_Node):
    def backward(self):
        missing = {}
        for node in self.order():
            for source, _ in node.edges:
                missing[source] = missing.get(source, 0) + 1
        self.grad, ready = 1.0, [self]
        while ready:
            node = ready.pop()
            for source, slope in node.edges:
                source.grad += slope * node.grad
                missing[source] -= 1
                if missing[source] == 0:
                    ready.append(source)


# --- train_moons -------------------------------------------------------------------------------------------


def _gradients(X, y, W1, b1, W2, b2, mask=lambda Z: Z > 0):
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    p = _p(A @ W2 + b2)
    d = (p - np.eye(2)[y]) / len(y)
    dZ = d @ W2.T * mask(Z)
    return -np.log(p[np.arange(len(y)), y]).mean(), [X.T @ dZ, dZ.sum(axis=0), A.T @ d, d.sum(axis=0)]


@mistake("backward/train_moons", hint="The gradient points up")
def uphill(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        loss, gradients = _gradients(X, y, *parameters)
        parameters = [part + lr * d for part, d in zip(parameters, gradients, strict=True)]
        losses.append(loss)
    return parameters, losses


@mistake("backward/train_moons", hint="Begin with copies")
def trains_the_callers_start(X, y, start, lr, num_steps):
    losses = []
    for _ in range(num_steps):
        loss, gradients = _gradients(X, y, *start)
        for part, d in zip(start, gradients, strict=True):
            part -= lr * d
        losses.append(loss)
    return start, losses


@mistake("backward/train_moons", hint="Multiply dA by (Z > 0)")
def without_the_mask_of_ReLU(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        loss, gradients = _gradients(X, y, *parameters, mask=np.ones_like)
        parameters = [part - lr * d for part, d in zip(parameters, gradients, strict=True)]
        losses.append(loss)
    return parameters, losses


@mistake("backward/train_moons", hint="0 is not positive")
def lets_the_slope_through_at_0(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        loss, gradients = _gradients(X, y, *parameters, mask=lambda Z: Z >= 0)
        parameters = [part - lr * d for part, d in zip(parameters, gradients, strict=True)]
        losses.append(loss)
    return parameters, losses


@mistake("backward/train_moons", hint="Return the new arrays")
def returns_the_start(X, y, start, lr, num_steps):
    return start, _descend(X, y, start, lr, num_steps)[1]


@mistake("backward/train_moons", hint="Compute all gradients first")
def updates_on_the_way(X, y, start, lr, num_steps):
    W1, b1, W2, b2 = (part.copy() for part in start)
    losses = []
    for _ in range(num_steps):
        loss, (_, _, dW2, db2) = _gradients(X, y, W1, b1, W2, b2)
        losses.append(loss)
        Z = X @ W1 + b1
        d = (_p(np.maximum(Z, 0) @ W2 + b2) - np.eye(2)[y]) / len(y)
        W2 -= lr * dW2
        b2 -= lr * db2
        dZ = d @ W2.T * (Z > 0)
        W1 -= lr * X.T @ dZ
        b1 -= lr * dZ.sum(axis=0)
    return [W1, b1, W2, b2], losses


@mistake("backward/train_moons", hint="d_logits is divided by n")
def sum_of_the_losses(X, y, start, lr, num_steps):
    return _descend(X, y, start, lr * len(y), num_steps)


@mistake("backward/train_moons", hint="the biases too")
def forgets_the_biases(X, y, start, lr, num_steps):
    W1, b1, W2, b2 = (part.copy() for part in start)
    losses = []
    for _ in range(num_steps):
        loss, (dW1, _, dW2, _) = _gradients(X, y, W1, b1, W2, b2)
        W1, W2 = W1 - lr * dW1, W2 - lr * dW2
        losses.append(loss)
    return [W1, b1, W2, b2], losses


@mistake("backward/train_moons", hint="before the update")
def losses_after_the_update(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        _, gradients = _gradients(X, y, *parameters)
        parameters = [part - lr * d for part, d in zip(parameters, gradients, strict=True)]
        losses.append(_gradients(X, y, *parameters)[0])
    return parameters, losses


@mistake("backward/train_moons", hint="Append one loss in each step")
def only_the_last_loss(X, y, start, lr, num_steps):
    parameters, losses = _descend(X, y, start, lr, num_steps)
    return parameters, losses[-1]


@mistake("backward/train_moons", hint="one for each step")
def losses_as_a_column(X, y, start, lr, num_steps):
    parameters, losses = _descend(X, y, start, lr, num_steps)
    return parameters, np.array(losses)[:, None]


@mistake("backward/train_moons", hint="on all rows at once")
def one_row_after_the_other(X, y, start, lr, num_steps):
    parameters, losses = [part.copy() for part in start], []
    for _ in range(num_steps):
        losses.append(_gradients(X, y, *parameters)[0])
        for i in range(len(y)):
            _, gradients = _gradients(X[i : i + 1], y[i : i + 1], *parameters)
            parameters = [p - lr / len(y) * d for p, d in zip(parameters, gradients, strict=True)]
    return parameters, losses


@mistake("backward/train_moons", hint="return [W1, b1, W2, b2], losses")
def returns_the_parameters_only(X, y, start, lr, num_steps):
    return _descend(X, y, start, lr, num_steps)[0]


def _descend(X, y, start, lr, num_steps):
    parameters, losses = list(start), []
    for _ in range(num_steps):
        loss, gradients = _gradients(X, y, *parameters)
        parameters = [part - lr * d for part, d in zip(parameters, gradients, strict=True)]
        losses.append(loss)
    return parameters, losses


@alternative("backward/train_moons")
def with_new_arrays(X, y, start, lr, num_steps):
    parameters, losses = _descend(X, y, start, lr, num_steps)
    return tuple(parameters), np.array(losses)


@alternative("backward/train_moons")
def as_one_flat_vector(X, y, start, lr, num_steps):
    shapes, sizes = [part.shape for part in start], np.cumsum([part.size for part in start])[:-1]
    theta, losses = np.concatenate([part.ravel() for part in start]), np.empty(num_steps)
    for step in range(num_steps):
        parts = [part.reshape(s) for part, s in zip(np.split(theta, sizes), shapes, strict=True)]
        losses[step], gradients = _gradients(X, y, *parts)
        theta = theta - lr * np.concatenate([d.ravel() for d in gradients])
    return [part.reshape(s) for part, s in zip(np.split(theta, sizes), shapes, strict=True)], losses


@alternative("backward/train_moons")
def with_the_library(X, y, start, lr, num_steps):
    from helpers.nn.activations import ReLU
    from helpers.nn.containers import Sequential
    from helpers.nn.layers import Linear
    from helpers.nn.losses import CrossEntropyLoss
    from helpers.nn.optimizers import SGD

    hidden = Linear(2, len(start[1]), rng=np.random.default_rng(0))
    output = Linear(len(start[1]), 2, rng=np.random.default_rng(0))
    hidden.W, hidden.b, output.W, output.b = start
    model, criterion, losses = Sequential(hidden, ReLU(), output), CrossEntropyLoss(), []
    optimizer = SGD(model, lr=lr)
    for _ in range(num_steps):
        losses.append(criterion.forward(model.forward(X), y))
        model.backward(criterion.backward())
        optimizer.step()
    return [hidden.W, hidden.b, output.W, output.b], losses
