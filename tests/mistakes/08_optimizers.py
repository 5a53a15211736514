"""Answers to exercise 08: mistakes that no slip says, and right answers in another form."""

from tests.mistakes import answers

answers(
    "optimizers/momentum",
    wrong=r"""
        p -= self.lr … → p = p - self.lr * (g + self.momentum * v if self.nesterov else v)
            'w' has not moved
        p -= self.lr … → self.parameters[name] = p - self.lr * v
            another array was put into the dict
        g = gradients[name] → g = gradients[name]; g += self.momentum * self.v[name]
        v = self.momentum * self.v[name] + g → v = g
            step changed the gradients that it was given
        def __init__(self → v = {}\n\ndef __init__(self
        self.v = … → pass
        self.v[name] + g → self.v.get(name, 0) + g
            but go different ways
        np.zeros_like(p) → np.zeros(2)
            Each parameter has its own shape
        v = self.momentum * self.v[name] + g → v = momentum * self.v[name] + g
            What __init__ was given, step reads as self.name
    """,
    right=r"""
        self.v = … → self.v = {}
        v = self.momentum * self.v[name] + g → v = g.copy() if name not in self.v else FADED
        FADED → self.momentum * self.v[name] + g
        p -= self.lr * ( → np.subtract(p, self.lr * (
        else v) → else v), out=p)
            v is made in the first step
        self.v = … → self.v = dict.fromkeys(parameters, 0)
        p -= self.lr * … → way = g + self.momentum * v if self.nesterov else v\np[...] = moved
        p[...] = moved → p[...] = np.float32(p) - np.float32(self.lr * way)
            in float32, with a number for v at the beginning
    """,
)

answers(
    "optimizers/rmsprop_path",
    wrong=r"""
        w = w - lr → w -= lr
            `w -= …` changes what it holds already
        if s is None: → if s == None:
            An array has a truth value for each entry
        s = rho * s + (1 - rho) * g**2 → s *= rho; s += (1 - rho) * g**2
            changes its input s
        g**2 → g ^ 2
            In Python `^` is no power
    """,
    right=r"""
        s = np.zeros_like(w) → s = 0.0
        path = [] → path = np.empty(gradients.shape)
        for g in gradients: → for t, g in enumerate(gradients):
        path.append(w) → path[t] = w
        return np.array(path), s → return [path.tolist(), s]
            into an array that is there, with a number for s
        path = [] → path, w, gradients = [], np.float32(w), np.float32(gradients)
        s = rho * s + (1 - rho) * g**2 → s = np.float32(s + (1 - rho) * (g * g - s))
        w = w - → w = w + np.float32(-
        + eps) → + eps))
            in float32, by the difference
    """,
)

answers(
    "optimizers/adam_step",
    wrong=r"""
        t = state["t"] + 1 → state["t"] += 1; t = state["t"]
            a step changed the state that it was given
        w = w - lr → w -= lr
            a step changed the w that it was given
        return w, {"v": v, "s": s, "t": t} → return w
            expected w and a dict
        if state is None: → if False:
            In the first step state is None
    """,
    right=r"""
        {"v": np.zeros_like(w), "s": np.zeros_like(w), "t": 0} → dict.fromkeys("vst", 0)
        t = state["t"] + 1 → state = {**state, "t": state["t"] + 1}; t = state["t"]
        return w, {"v": v, "s": s, "t": t} → return [w.tolist(), {**state, "v": v, "s": s}]
            a copy of the state, as a list
        v_hat = v / (1 - beta1**t) → rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        s_hat = s / (1 - beta2**t) → eps = eps * np.sqrt(1 - beta2**t)
        w = w - lr * v_hat / (np.sqrt(s_hat) + eps) → w = w - rate * v / (np.sqrt(s) + eps)
            the correction in the rate
    """,
)

answers(
    "optimizers/adamw",
    wrong=r"""
        p -= self.lr * self.weight_decay * p → p = p - self.lr * self.weight_decay * p
            '0.W' has not moved
        for name, g in gradients.items(): → for name in self.parameters:
        p, state = … → …; g = gradients[name]
            have no gradient
    """,
    right=r"""
        if name.endswith("W"): → if False:
        p[...] = new → p[...] = new - self.lr * self.weight_decay * (name[-1] == "W") * p
            from the old weight, in one line
        for name, g in gradients.items(): → for name in self.parameters:
        p, state = … → if name not in gradients: continue\n…; g = gradients[name].astype("f4")
        p[...] = new → np.copyto(p, new.astype("f4"))
            skipped by hand, in float32
    """,
)

answers(
    "optimizers/race",
    wrong=r"""
        seed, "validation") → seed, "test")
            The validation rows choose
        np.mean(runs) → np.max(runs)
            The mean over the tuning seeds chooses
        "test") for s in seeds → "test") for s in tuning_seeds
            The tuning seeds are for the validation rows
        gaps.std(ddof=1) → gaps.std()
            two standard errors of this mean are
        gaps.std(ddof=1) → np.hypot(scores[ranking[-1]].std(ddof=1), scores[ranking[-2]].std(ddof=1))
            The gaps are those of one seed each
    """,
    right=r"""
        lr = best[name] = … → best[name] = max(grid, key=dict(zip(grid, means)).get); lr = best[name]
        np.array([run(name, → np.float32([run(name,
        return best, scores → return best, {n: a.tolist() for n, a in scores.items()}
            in float32, as lists
        key=lambda name: scores[name].mean()) → key=lambda name: sum(scores[name]))
        gaps.mean() > 2 * gaps.std(ddof=1) / np.sqrt(len(gaps)) → gaps.sum() > 2 * np.sqrt(n * np.cov(gaps))
        clear = … → n = len(gaps)\n…
        return best, scores, … → return [best, scores, ranking[-1] if clear else None]
            with sums in place of means
    """,
)
