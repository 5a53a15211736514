"""Answers to exercise 03 that are no slips: mistakes people make, and right answers written in other ways."""

from tests.mistakes import answers

answers(
    "baselines_and_metrics/confusion",
    wrong=r"""
        counts[i, j] += 1 → counts[i][j] + 1
            the value is off
        np.zeros((K, K), int) → np.zeros((max(y.max(), guess.max()) + 1,) * 2, int)
            whichever classes come
        return counts → return np.array([[np.sum(y == i & guess == j) for j in range(K)] for i in range(K)])
            each of the two comparisons needs parentheses
        for i, j in zip(y, guess, strict=True): → for i, j in zip(np.unique(y), np.unique(guess)):
            the value is off
        counts[i, j] += 1 → counts[i - 1, j - 1] += 1
            the value is off
        np.zeros((K, K), int) → np.zeros((K, 1), int)
            The classes are the numbers
    """,
    right=r"""
        return counts → return np.bincount(K * y + guess, minlength=K * K).reshape(K, K)
            as one number for each pair
        return counts → return [[int(np.sum((y == i) & (guess == j))) for j in range(K)] for i in range(K)]
            entry by entry, as lists
    """,
)

answers(
    "baselines_and_metrics/by_class",
    wrong=r"""
        np.divide(a, b, out=np.zeros(len(a)), where=b > 0) → a / b
            0 where there is none
        return precision, … → return precision.mean(), recall.mean(), 0.0
            the shape of precision is wrong
        share(2 * precision * recall, precision + recall) → share(found, called + there)
            Let precision and recall both be 1
        np.diag(counts) → np.diag(counts)[::-1]
            precision
        counts.sum(axis=0), counts.sum(axis=1) → found + counts.sum(axis=0), found + counts.sum(axis=1)
            the right guesses are counted twice below
        counts.sum(axis=1) → counts.sum(axis=0)
            recall and f1 are off
    """,
    right=r"""
        np.divide(a, b, out=np.zeros(len(a)), where=b > 0) → np.nan_to_num(a / b)
            nan is made a number
        return np.divide(a, b, … → return np.array([p / q if q else 0 for p, q in zip(a, b)])
        return precision, … → return precision.tolist(), [*recall], share(2 * found, called + there)
            entry by entry, as lists, F1 by counts
    """,
)

answers(
    "baselines_and_metrics/roc_points",
    wrong=r"""
        np.unique(score)[::-1] → np.sort(score)[::-1]
            equal scores have a point for each row
        return … → t = truth[np.argsort(-score)]; return np.cumsum(~t) / sum(~t), np.cumsum(t) / sum(t)
            equal scores have a point for each row
        np.unique(score)[::-1] → [score.max(), score.min()]
            the shape of fpr is wrong
        return np.array(fpr), np.array(tpr) → return np.column_stack([fpr, tpr])
            expected fpr, tpr, got
        np.unique(score)[::-1] → np.unique(score[truth])[::-1]
            the shape of fpr is wrong
        fpr, tpr = [0.0], [0.0] → fpr, tpr = [0.0, 0.0], [0.0, 0.0]
            the shape of fpr is wrong
    """,
    right=r"""
        np.unique(score)[::-1] → sorted(set(score.tolist()), reverse=True)
        called = score >= threshold → called = ~(score < threshold)
            with a set of scores
        fpr.append(called[~truth].mean()) → fpr.append(np.float32(called[~truth].mean()))
        return np.array(fpr), np.array(tpr) → return fpr, tpr
            lists, one of them in float32
    """,
)

answers(
    "baselines_and_metrics/auc_by_ranks",
    wrong=r"""
        m, k = … → …; pairs = score[truth][:, None] - score[~truth]; return np.mean(pairs > 0)
            pairs with equal scores count nothing
        m * (m + 1) / 2 → m * m / 2
            the value is off
        (m * k) → (m * m)
            the value is off
        (np.sum(equal) + 1) / 2 → np.sum(equal) / 2
            the value is off
        return … → return float((ranks[truth].mean() > ranks[~truth].mean()))
            the value is off
        return … → return [ranks, m, k]
            One number
    """,
    right=r"""
        m, k = … → from scipy.stats import rankdata; ranks = rankdata(score); m, k = sum(truth), sum(~truth)
            by a library
        return … → return np.mean((np.sign(score[truth][:, None] - score[~truth]) + 1) / 2)
            pairs after all
    """,
)

answers(
    "baselines_and_metrics/skill",
    wrong=r"""
        return … → return np.mean((y - y_hat) ** 2)
            the value is off
        return … → return 1 - np.mean(y - y_hat) ** 2 / np.mean(y - baseline) ** 2
            errors were added before they were squared
        return … → return 1 - (y - y_hat) ** 2 / (y - baseline) ** 2
            the shape is wrong
        return … → return np.corrcoef(y, y_hat)[0, 1] ** 2
            the value is off
        return … → return max(0, 1 - np.sum((y - y_hat) ** 2) / np.sum((y - baseline) ** 2))
            the value is off
        return … → return np.sum((y - y_hat) ** 2), np.sum((y - baseline) ** 2)
            the shape is wrong: expected (), got (2,)
    """,
    right=r"""
        return … → return 1 - np.mean((y - y_hat) ** 2) / np.mean((y - baseline) ** 2)
            by means
        np.sum((y - y_hat) ** 2) → np.linalg.norm(y - y_hat) ** 2
        np.mean(y_train) → (sum(y_train) / len(y_train))
            by a norm and a sum
    """,
)

answers(
    "baselines_and_metrics/against_baseline",
    wrong=r"""
        A.mean() - B.mean() → model.score(X[test], y[test]) - B.mean()
            The task names what the two have: fit and predict
        model.fit(X[train], y[train]) → model.fit(X, y)
            on all that there are, test rows too
        model.predict(X[test]) == y[test] → model.predict(X[train])[: len(test)] == y[test]
            the model was asked about 0 of
        A.mean() - B.mean(), only_A, only_B, chance → B.mean() - A.mean(), only_B, only_A, chance
            model and baseline have changed places
        binomtest(only_A, n).pvalue → binomtest(max(only_A, only_B), n, alternative="greater").pvalue
            one side was counted
        if n > 0 else 1.0 → if n >= 0 else 1.0
            It is 0 only where both have the same rows right
    """,
    right=r"""
        model.fit(X[train], y[train]) → X = X.astype("f4"); model.fit(X[train], y[train])
        binomtest(only_A, n).pvalue → min(1, 2 * sum(comb(n, j) for j in range(few + 1)) / 2**n)
        n = only_A + only_B → …; from math import comb; few = min(only_A, only_B)
            in float32, the coin by hand
        A = model.predict(X[test]) == y[test] → A = (model.predict(X) == y)[test]
        B = baseline.predict(X[test]) == y[test] → B = (baseline.predict(X) == y)[test]
            predicts all rows, and looks at the test rows
    """,
)
