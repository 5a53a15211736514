"""Answers to exercise 10: mistakes that no slip says, and right answers in another form."""

from tests.mistakes import answers

answers(
    "tuning/cosine_with_warmup",
    right="""
        down = … → down = [lr * np.sin(np.pi / 2 * (T - t) / T) ** 2 for t in range(T)]
        np.concatenate([up, down]) → [*up, *down]
            step by step, as a squared sine
        np.concatenate([up, down]) → np.concatenate([up, down]).astype(np.float32)
            in float32
    """,
)

answers(
    "tuning/early_stopping",
    wrong="""
        model.flat.copy() → model.flat
            weights are those of epoch 7 (7 were run
        model.flat[...] = best_weights → pass
        break → model.flat[...] = best_weights; break
            (7 were run, and max_epochs is 7)
        losses.append(validation_loss()) → losses.append(max(validation_loss() for _ in range(3)))
            was called 3 times after epoch 1
        train_epoch() → pass
        losses.append(validation_loss()) → …; train_epoch()
            was called before the first epoch, and 0 times after epoch
        max_epochs + 1 → 1000
            is the most that may be run
        return best_epoch, losses → return best_epoch, losses[:best_epoch]
            the last ones too
    """,
    right="""
        best_loss, best_epoch, losses = … → …; weights = []
        losses.append(validation_loss()) → …; weights.append(model.flat.copy())
        model.flat[...] = best_weights → np.copyto(model.flat, weights[best_epoch - 1])
        return best_epoch, losses → return [best_epoch, np.array(losses)]
            with a list of all weights
        best_loss, best_epoch, losses = … → …; validation_loss()
        model.flat.copy() → {name: array.copy() for name, array in model.parameters().items()}
        model.flat[...] = best_weights → for name, array in model.parameters().items(): SET
        SET → array[...] = best_weights[name]
            with parameters by name, and a loss before the first epoch, which plays no part
    """,
)

answers(
    "tuning/resume",
    wrong="""
        optimizer.load_state(self.optimizer_state) → pass
            restore does not change the optimizer's memory
        array[...] = self.running[name] → pass
            restore does not change the running statistics
        model.flat[...] = self.weights → import copy; model = copy.deepcopy(model); …
            must be part of the objects that it is given
        self.generator_state = … → self.rng = rng
        self.generator_state → self.rng.bit_generator.state
            brings back the generator's state of the end
        self.weights = … → rng.random(); …
            __init__ only looks and copies
        model.flat[...] = self.weights → …; self.weights = model.flat
            a second restore from the same checkpoint
    """,
    right="""
        self.weights = … → self.weights = model.flat.tobytes()
        model.flat[...] = self.weights → model.flat[...] = np.frombuffer(self.weights)
            as bytes
        self.weights = … → import copy; self.model, self.optimizer = copy.deepcopy((model, optimizer))
        model.flat[...] = self.weights → model.flat[...] = self.model.flat
        array[...] = self.running[name] → array[...] = self.model.state()[name]
        optimizer.load_state(self.optimizer_state) → optimizer.load_state(self.optimizer.state())
            as copies of the objects
    """,
)

answers(
    "tuning/tune_in_a_budget",
    wrong=r"""
        parts["validation"] → parts["test"]
            If test rows help to choose
        lr, batch_size, model = best → …; model, loss, optimizer = build(lr); AGAIN
        AGAIN → train(model, loss, optimizer, *parts["train"], batch_size, num_epochs, rng)
            a network that is trained again counts again
        10 ** rng.uniform(-3, 0) → rng.uniform(0.001, 1)
            the exponent is uniform
        best_score, how_long = … → …; grid = list(np.geomspace(0.001, 1, budget // num_epochs))
        10 ** rng.uniform(-3, 0) → grid.pop()
            has the same learning rates
        lr, batch_size, model = best → model = best[2]
            the best trial has
        accuracy(model, *parts["test"]) → (accuracy(model, *parts["test"]), best_score)[1]
            so it flatters
    """,
    right=r"""
        best_score, how_long = … → …; parts = {k: (X.astype("f4"), y) for k, (X, y) in parts.items()}; DRAW
        DRAW → draws = [(np.exp(rng.uniform(np.log(0.001), 0)), 2 ** rng.integers(3, 7)) for _ in range(48)]
        lr, batch_size = … → lr, batch_size = draws.pop()
        return lr, batch_size, accuracy(model, *parts["test"]) → return np.array([…], "f4")
        [return lr → [lr
            draws all settings first, and trains in float32
        score > best_score → score >= best_score
        accuracy(model, *parts["test"]) → np.mean([accuracy(model, x[None], t) for x, t in TEST])
        TEST → zip(*parts["test"])
            scores in pieces, and takes the last of equal ones
    """,
)
