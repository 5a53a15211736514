"""Answers to exercise 05 that are no slips: mistakes people make, and right answers written in other ways."""

from tests.mistakes import answers

answers(
    "backward/numerical_gradient",
    wrong=r"""
        nudged[i] = old - eps → nudged[i] = old
        (2 * eps) → eps
            One-sided is too coarse
        np.array(x, dtype=float) → np.asarray(x, dtype=float)
        nudged[i] = old + eps → nudged[i] += eps
        nudged[i] = old - eps → nudged[i] -= 2 * eps
        nudged[i] = old → nudged[i] += eps
            leaves a rounding error
        nudged[i] = old → pass
            Put an entry back before you nudge the next one
        np.array(x, dtype=float) → x.copy()
            An array of integers keeps 2
        np.ndindex(nudged.shape) → range(len(x))
            x[i] is a whole row
        above = f(nudged) → above = nudged
        below = f(nudged) → below = nudged
        (above - below) → (f(above) - f(below))
            .copy() makes a second array
    """,
    right=r"""
        np.array(x, dtype=float) → x if x.dtype == float else x.astype(float)
            in place but put back exactly
        np.array(x, dtype=float) → np.array(x, dtype=float).ravel()
        above = f(nudged) → above = f(nudged.reshape(x.shape))
        below = f(nudged) → below = f(nudged.reshape(x.shape))
        return gradient → return gradient.reshape(x.shape)
            with a flat array
    """,
)

answers(
    "backward/tied_backward",
    wrong="""
        dZ.sum(axis=0) → dZ.mean(axis=0)
            one slope for each hidden unit, over all rows
        dX = dZ @ W.T → dX = -dZ @ W.T
            the value of dX is off
        return dX, dW, db → return dX, dW
            return dX, dW, db
        X.T @ dZ → X @ dZ
            Write the shapes down
        db = dZ.sum(axis=0) → db = dZ.sum(axis=0); d_out *= 0
            compute new arrays
    """,
    right=r"""
        Z = X @ W + b → d_out, X, W, b = (a.astype("f4") for a in (d_out, X, W, b))\nZ = X @ W + b
            in float32
        dH = d_out @ W → dH = np.array([W.T @ row for row in d_out])
        X.T @ dZ + d_out.T @ H → sum(np.outer(x, z) + np.outer(d, h) for x, z, d, h in zip(X, dZ, d_out, H))
        return dX, dW, db → return [dX, dW, db]
            row by row
    """,
)

answers(
    "backward/soft_cross_entropy_backward",
    wrong=r"""
        logits - logits.max(axis=1, keepdims=True) → logits
        return (p - targets) → p = np.nan_to_num(p)\nreturn (p - targets)
            np.nan_to_num or np.clip
        sum(axis=1, keepdims=True) → sum(axis=1)
            keepdims=True
        shifted = (logits - logits → logits -= (logits
        keepdims=True)) / T → keepdims=True)); shifted = logits / T
            the caller's array
        return (p - targets) / (T * len(logits)) → return -(targets * np.log(p)).sum(axis=1)
            One slope for each logit
        return (p - targets) → p[-1, 0] += 1\nreturn (p - targets)
            sum to 1, and so do the targets
    """,
    right="""
        np.exp(shifted) / → np.exp(shifted - np.log(
        sum(axis=1, keepdims=True) → sum(axis=1, keepdims=True)))
            from log probabilities
        return (p - targets) → return [[float(slope) for slope in row] for row in (p - targets)
        / (T * len(logits)) → / T / len(logits)]
            row by row, in lists
    """,
)


answers(
    "backward/autodiff_node",
    endless=r"""
        self.grad = 1.0 → def go(n, g):\n    n.grad += g\n    for s, d in n.edges:\n        go(s, g * d)
        for node in reversed(order): → go(self, 1.0)\nfor node in []:
            a billion, paths
    """,
    wrong="""
        def __truediv__ → def divide
            Node has no `__truediv__`
        return Node(self.data / other.data, edges) → self.edges = edges
            with the pairs (source, slope)
        return Node(self.data / other.data, edges) → self.data /= other.data; return Node(self.data, edges)
            the nodes that it is given stay as they are
        return Node(self.data / other.data, edges) → return Node(self.data * other.data, edges)
            Look at the data of the new Node first
        [(self, e)] → [self]
            a Node and a number
    """,
    right="""
        order.append(node) → order.insert(0, node)
        reversed(order) → order
        [(self, e)] → ((self, e),)
            puts each node in front
        self.edges = edges … → self.sources, self.slopes = [s for s, _ in edges], [d for _, d in edges]
        for source, _ in node.edges: → for source in node.sources:
        for source, slope in node.edges: → for source, slope in zip(node.sources, node.slopes):
        source.grad += … → source.grad = source.grad + slope * node.grad
        if node not in seen: → if not any(node is one for one in order):
            with other attributes, in lists
    """,
)


answers(
    "backward/train_autoencoder",
    wrong=r"""
        (part.copy() for part in start) → start
            Begin with copies
        W -= lr * dW → for p, g in ((W, dW), (b, db)): p = p - lr * g
        b -= lr * db → pass
            gives a new array the name p
        return [W, b], losses → return start, losses
            Return the new arrays
        W -= lr * dW → W -= lr * dW / 2
            b is right and W is not
        b -= lr * db → pass
            b did not move
        d_out = 2 * (out - X) / X.size → for x in X[:, None]:
        _, dW, db = tied_backward(d_out, X, W, b) →     d = np.maximum(x @ W + b, 0) @ W.T - x
        W -= lr * dW →     _, dW, db = tied_backward(2 * d / X.size, x, W, b)\n    W -= lr * dW
        b -= lr * db →     b -= lr * db
            on all rows
    """,
    right=r"""
        (part.copy() for part in start) → (part.astype("f4") for part in start); X = X.astype("f4")
        return [W, b], losses → return (W, b), [float(np.float32(loss)) for loss in losses]
            in float32
        np.mean((out - X) ** 2) → np.linalg.norm(out - X) ** 2 / len(X) / len(X.T)
        W -= lr * dW → W = W - lr * dW
            with a norm and new arrays
    """,
)
