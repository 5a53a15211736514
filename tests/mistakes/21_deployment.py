"""Answers to exercise 21 that are no slips: mistakes people make, and right answers written in other ways."""

import numpy as np

from tests.mistakes import alternative, answers

answers(
    "deployment/load",
    wrong=r"""
        allow_pickle=False → allow_pickle=True
            np.load runs nothing as long as allow_pickle stays False
        np.isfinite(array).all() → np.isnan(array).any() == 0
            np.isfinite is False for NaN and for both infinities
        array.shape != tuple(shape) → array.size != np.prod(shape)
            As many numbers are not the same shape
        raise ValueError(f"{name} has dtype {array.dtype}, not float32") → array = array.astype(np.float32)
            Look at array.dtype
        for name in names - {"version"} - set(shapes): → for name in ():
            Compare the names in the file with those of `shapes`, in both directions
        raise ValueError(f"{name} holds NaN or infinity") → raise ValueError("NaN or infinity")
            The message does not name 2.W: write it
    """,
    right=r"""
        archive = … → archive = dict(np.load(file))
        set(archive.files) → set(archive)
        found[name] = array → found[name] = array.copy()
            all is read at once
    """,
)


@alternative("deployment/load")
def with_faults_gathered(file, shapes, versions):
    archive = np.load(file)
    arrays = {name: archive[name] for name in archive.keys()}  # noqa: SIM118
    version = str(arrays.pop("version", "none"))
    faults = [] if version in versions else [f"version: {version}"]
    faults += [f"{name}: missing or not known" for name in set(arrays) ^ set(shapes)]
    for name in set(arrays) & set(shapes):
        array = arrays[name]
        if (array.shape, array.dtype.name) != (shapes[name], "float32") or not np.isfinite(array.sum()):
            faults.append(f"{name}: {array.dtype} {array.shape}, or not finite")
    if faults:
        raise ValueError("; ".join(faults))
    return arrays


answers(
    "deployment/export",
    wrong=r"""
        (W / scale[:, None], b - (mean / scale) @ W) → (W / scale[:, None], b - mean @ W)
            mean is not divided by scale
        (W / scale[:, None], b - (mean / scale) @ W) → (W, b)
            Work through the example of the task: what becomes of 6, and what of 1?
        theirs = run(nodes, rows) → theirs = run(nodes, (rows - mean) / scale)
            The scaler is inside of the nodes already
        np.abs(theirs - ours).max() / np.abs(ours).max() → np.abs(theirs - ours).max()
            The largest |difference| of any logit, divided by
        if not difference <= tolerance: … → if difference > tolerance:
            What becomes of a NaN on the way
        if i < len(folded) - 1: → if True:
            a Relu between two layers
    """,
    right=r"""
        W.astype(np.float32) → np.float32(W).copy()
        if not difference <= tolerance: … → if np.isnan(difference) or difference > tolerance:
        nodes.append(("Relu",)) → nodes += [["Relu"]]
            NaN by name, and a list as a node
    """,
)


@alternative("deployment/export")
def from_the_list_of_nodes(mean, scale, layers, rows, run, tolerance):
    W, b = layers[0]
    nodes, hidden = [], rows
    for A, c in [(np.diag(1 / scale) @ W, b - np.sum((mean / scale)[:, None] * W, axis=0)), *layers[1:]]:
        nodes += [("MatMul", A.astype("f4")), ("Add", c.astype("f4")), ("Relu",)]
        last = hidden @ A + c
        hidden = np.maximum(last, 0)
    nodes.pop()
    if not np.allclose(run(nodes, rows), last, rtol=0, atol=tolerance * np.abs(last).max()):
        raise ValueError("the engine does not agree")
    return nodes


answers(
    "deployment/batches",
    wrong=r"""
        start = max(start, free) → pass
            There is one worker
        rows[first:end].sum() == max_rows → end - first == max_rows
            With `max_rows` rows it is full already
        return batch, answered → return answered, batch
            what came is right, but in another order
        return batch, answered → return [first for first in batch], answered / 1000
            When does that batch start
        start = arrivals[first] + window → start = arrivals[end - 1] + window
            When that window ends
        start = min(start, arrivals[end]) → pass
            What if the next request has arrived and would be too much?
    """,
    right=r"""
        return batch, answered → return batch.tolist(), answered.astype(float).tolist()
            as lists, with decimals
    """,
)


@alternative("deployment/batches")
def millisecond_by_millisecond(arrivals, rows, max_rows, window, per_call, per_row):
    batch, answered, free, number, now, first = [], [], 0, 0, 0, 0
    while first < len(arrivals):
        here, total, closed = [], 0, False
        for i in range(first, len(arrivals)):
            if arrivals[i] > now:
                break
            if total + rows[i] > max_rows:
                closed = True
                break
            here.append(i)
            total += int(rows[i])
        due = here and (closed or total == max_rows or now - arrivals[first] >= window)
        if due and now >= free:
            free = now + per_call + per_row * total
            batch += [number] * len(here)
            answered += [free] * len(here)
            number, first = number + 1, first + len(here)
        else:
            now += 1
    return np.array(batch), np.array(answered)


answers(
    "deployment/drift_alarm",
    wrong=r"""
        gap = np.abs(before / len(old) - after / len(now)) → gap = np.abs(before - after)
            Work through the example of the task
        calm = np.sort([score(window) for window in quiet]) → calm = [score(window) for window in quiet]
            Were they sorted?
        threshold = calm[len(calm) - 1 - above] → threshold = np.percentile(calm, 100 * (1 - rate))
            np.quantile draws a line between two scores
        above = int(rate * len(calm)) → above = int(np.ceil(rate * len(calm))) - 1
            Sort the scores: calm[-1] has none above it
        return scores, threshold, scores > threshold → return scores, threshold
            an array (k,), a number, and an array (k,)
        scores = … → scores = np.array([score(np.vstack(new)) for _ in new])
            Work through the example of the task
    """,
    right=r"""
        threshold = … → threshold = np.quantile(calm, 1 - rate, method="inverted_cdf")
        return max(distances) → return max(distances) + 1e-12
            a method of np.quantile, and other last digits
    """,
)


@alternative("deployment/drift_alarm")
def all_at_once(reference, quiet, new, rate):
    values = np.concatenate(
        [reference, quiet.reshape(-1, reference.shape[1]), new.reshape(-1, reference.shape[1])]
    )
    values = np.unique(values)

    def shares(rows):
        return (rows[..., None] <= values).mean(axis=-3)

    calm, scores = (np.abs(shares(w) - shares(reference)).max(axis=(1, 2)) for w in (quiet, new))
    threshold = min(t for t in calm if np.mean(calm > t) <= rate)
    return scores.tolist(), threshold, [bool(s > threshold) for s in scores]
