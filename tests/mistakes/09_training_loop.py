"""Answers to exercise 09: mistakes that no slip says, and right answers in another form."""

import numpy as np

from helpers.training import fit
from tests.mistakes import alternative, answers

answers(
    "training_loop/mini_batches",
    wrong=r"""
        range(0, n_samples, batch_size) → range(0, max(1, n_samples - batch_size + 1), batch_size)
            expected [16, 16, 16, 16, 16, 16, 7]
        order[start : start + batch_size] → rng.choice(n_samples, len(…), replace=False)
            Each row belongs to one part, once
        order = … → order = np.arange(n_samples)
        order[start : start + batch_size] → rng.permutation(…)
        return [rng → *full, last = [rng
        *full, last = … → …\nrng.shuffle(full)\nreturn [*full, last]
            the rows of each batch stand side by side in the file
        order = … → order = np.arange(n_samples)
        return … → for i in np.flatnonzero(rng.random(n_samples - 1) < 0.5): SWAP\n…
        SWAP → order[[i, i + 1]] = order[[i + 1, i]]
            A file may be sorted
        order = … → import copy; order = copy.deepcopy(rng).permutation(n_samples)
            so that the generator moves on
        f"batch_size must be at least 1, got {batch_size}" → "n_samples must be positive"
            The message does not name 0, the number that was given
    """,
    right=r"""
        order = … → order = np.argsort(rng.random(n_samples))
        return [ → yield from [
            a generator, in the order of random numbers
        order = … → import random; order = list(range(n_samples))
        return [order → random.Random(int(rng.integers(1 << 60))).shuffle(order)\nreturn [order
            lists, with Python's generator, seeded by rng
    """,
)

answers(
    "training_loop/train",
    wrong=r"""
        optimizer.step() → pass
        losses.append(total / len(X)) → …; optimizer.step()
            not one for each epoch
        mini_batches(len(X), batch_size, rng) → mini_batches(len(X), batch_size, np.random.default_rng(0))
            every epoch has the same batches
        losses = [] → …; X = X[rng.permutation(len(X))]
            cut by the same row numbers
        model.backward(loss.backward()) → model.backward(loss.backward() / len(rows))
            in step 1 the gradient is not that of its batch
        losses.append(total / len(X)) → losses.append(loss.forward(model.forward(X), y))
            passes that no backward pass followed
        optimizer.step() → …; model.flat[...] -= optimizer.lr * model.d_flat
            the parameters were changed, and not by optimizer.step()
    """,
    right=r"""
        losses = [] → …; X = X.astype(np.float32)
        total += … → total += loss(model(X[rows]), y[rows]) * rows.size / y.size
        model.backward(… → slope = loss.backward(); loss.forward(model.forward(X[rows]), y[rows])
        optimizer.step() → model.backward(slope); optimizer.step()
        total / len(X) → np.float32(total)
            in float32, with a second look before the step, which changes nothing
    """,
)


@alternative("training_loop/train")
def with_the_library(model, loss, optimizer, X, y, batch_size, num_epochs, rng):
    options = {"batch_size": batch_size, "num_epochs": num_epochs, "rng": rng, "progress": False}
    values = iter(fit(model, loss, optimizer, X, y, **options).losses)
    rows = [min(batch_size, len(X) - start) for start in range(0, len(X), batch_size)]
    return [np.average([next(values) for _ in rows], weights=rows) for _ in range(num_epochs)]


answers(
    "training_loop/accumulate",
    wrong=r"""
        total, num_rows, num_steps = … → …; starts = range(0, len(batches), every)
        for number, (X, y) in … → groups = [batches[i : i + every] for i in starts]\n…
        batches, start=1 → [[np.concatenate(part) for part in zip(*group)] for group in groups], start=1
        if number … → if True:
            The memory holds one batch
        if number … → if True:
            is ordinary training
        start=1 → start=0
            expected [3, 6]
        model.d_flat[...] = total → model.flat[...] = total
            model.flat holds the parameters, model.d_flat the gradient
        model.d_flat[...] = … → pass
            model.backward overwrites model.d_flat
        np.zeros_like(model.d_flat) → model.d_flat
        total[...], num_rows = 0, 0 → num_rows = 0
            under whatever name
    """,
    right=r"""
        loss.forward(model.forward(X), y) → group = batches[(number - 1) // every * every :][:every]\n…
        model.backward(… → model.backward(loss.backward() * len(y) / sum(len(y) for _, y in group))
        total += … → total += model.d_flat
        total / num_rows → total
            with a scaled slope
        np.zeros_like(model.d_flat) → np.zeros(model.size, np.float32)
        total += … → total += ((model.d_flat - total) * len(y) / (num_rows + len(y))).astype(np.float32)
        total / num_rows → total
        return num_steps → return np.int64(num_steps)
            with a running mean, in float32
    """,
)

answers(
    "training_loop/gradient_noise",
    right="""
        ((gradients - full) ** 2).sum(axis=1).mean() → np.trace(np.atleast_2d(np.cov(gradients.T, ddof=0)))
        enough = … → enough = next(n for n in range(1, 9999) if mean_square / n <= length**2)
            from the covariance, and by trying
        gradients.mean(axis=0) → np.ones(len(gradients)) @ gradients / len(gradients)
        return length, noise, enough → return [length, noise, np.float32(enough)]
            with a product, and a whole number among floats
    """,
)
