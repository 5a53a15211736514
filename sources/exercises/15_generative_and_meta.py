# %% [markdown]
r"""
# Exercise 15 · Without labels

Four tasks, 15 points, about 40 minutes. You write four judges by hand: an opponent, the nearest centre, a
reward, and the rows themselves. The last one looks at real data. Lesson: [15 · Without
labels](../../lessons/15_generative_and_meta.ipynb).

Write your answer in the cell below each task, in place of `raise NotImplementedError(…)`, and run it. Then
run the check under it: it tells you what is right, and for the first thing that is not, what came, what was
expected and a hint. You can check as often as you like.
"""

# %%
import numpy as np

from helpers import data
from helpers.checks import check

# %% [markdown] task="generative_and_meta/gan_losses"
r"""
## Task 1 · What two players pay (3 points)

The discriminator of a GAN gives a logit to each point; `p`, the sigmoid of the logit, is how likely it thinks
the point is real. Write `gan_losses(real, made)`. `real` has the logits of n real points, shape (n,), and
`made` those of m made points, shape (m,). What the players pay is

$$\text{loss}_D =
-\operatorname*{mean}_{\text{real}} \log p \; - \operatorname*{mean}_{\text{made}} \log(1 - p) \qquad
\text{loss}_G = -\operatorname*{mean}_{\text{made}} \log p$$

Aloud: the discriminator pays for doubting real points and for believing made ones, the mean of each kind by
itself; the generator pays for made points that are doubted (the *non-saturating* loss). Return two pairs:

- `loss_D, (D_real, D_made)`: the loss of the discriminator, a number, and its slopes for the logits of the
  real points, shape (n,), and of the made ones, shape (m,);
- `loss_G, G_made`: the loss of the generator, and its slope for the logits of the made points, shape (m,).

Logits may be as large as 5,000 or as small as -5,000, and all of this must still be right. For example:

    gan_losses(np.array([0.0, 1000.0]), np.array([0.0]))
    →  (1.0397…, (array([-0.25,  0.  ]), array([0.5]))),   (0.6931…, array([-0.5]))

By hand: at the logit 0, p is ½, and $-\log p$ is log 2 = 0.6931…. The second real point costs nothing. So the
discriminator pays half of log 2 for the real points, and log 2 for the made one.

<details><summary>Hint: large logits</summary>

Exercise 07 had a function for the log of a sum of two exponentials: `np.logaddexp`.
</details>
"""


# %% answer="generative_and_meta/gan_losses"
def gan_losses(real, made):
    """loss_D with its slopes for real and made; loss_G with its slope."""
    ### BEGIN SOLUTION
    p_real, p_made = (np.exp(-np.logaddexp(0, -z)) for z in (real, made))
    loss_D = np.logaddexp(0, -real).mean() + np.logaddexp(0, made).mean()
    slopes_D = (p_real - 1) / len(real), p_made / len(made)
    loss_G = np.logaddexp(0, -made).mean()
    return (loss_D, slopes_D), (loss_G, (p_made - 1) / len(made))
    ### END SOLUTION


# %% check="generative_and_meta/gan_losses"
check("generative_and_meta/gan_losses", gan_losses)

# %% [markdown] task="generative_and_meta/k_means"
r"""
## Task 2 · The best of several starts (4 points)

K-means repeats two steps: each row goes to its nearest centre; each centre moves to the mean of its rows.
Where it ends depends on where it starts. So it is started several times, and the end with the lowest total
is kept. The *total* is the sum of the squared distances of all rows from their centres.

Write `k_means(X, starts)`. `X` has shape (n, d); `starts` has shape (s, k, d): s starts, each with k centres.
From each start, repeat the two steps until no row changes its group any more, however many turns that takes.

- A row that is equally far from two centres goes to the one with the smaller number.
- A centre that has no rows stays where it is. It may get some later.

Return, of the end with the lowest total:

- `centres`, shape (k, d);
- `groups`, shape (n,): for each row the number of its centre, from 0 to k - 1;
- `total`, a number.

For example, four rows with one column, and two starts:

    X = np.array([[0], [2], [4], [10]])
    starts = np.array([[[0], [4]], [[2], [20]]])
    k_means(X, starts)  →  (array([[ 2.], [10.]]), array([0, 0, 0, 1]), 8.0)

By hand, the first start: 2 is as far from 0 as from 4, and goes to centre 0. The means are 1 and 7. Now 4 is
equally far from both, and goes to centre 0 as well. The means are 2 and 10, no row changes any more, and the
total is 4 + 0 + 4 + 0. From the second start all rows go to centre 0, whose mean is 4. The other stays at 20.
That total is 56.
"""


# %% answer="generative_and_meta/k_means"
def k_means(X, starts):
    """The centres (k, d), groups (n,) and total of the best end."""
    ### BEGIN SOLUTION
    ends = []
    for start in starts:
        centres, before, groups = start.astype(float), None, []
        while not np.array_equal(groups, before):
            before = groups
            apart = ((X[:, None] - centres) ** 2).sum(axis=-1)
            groups = apart.argmin(axis=1)
            for number in np.unique(groups):
                centres[number] = X[groups == number].mean(axis=0)
        ends.append((centres, groups, apart.min(axis=1).sum()))
    return min(ends, key=lambda end: end[2])
    ### END SOLUTION


# %% check="generative_and_meta/k_means"
check("generative_and_meta/k_means", k_means)

# %% [markdown] task="generative_and_meta/episode"
r"""
## Task 3 · One episode of Q-learning (4 points)

Write `episode(Q, s, step, limit, alpha, gamma, eps, rng)`: an agent walks once, and learns after each move.
`Q` has a row for each state and a column for each action. The agent begins in state `s`. To make a move, call
`step(s, a)` with the state where it is and the action that it takes. You get three things: the reward `r`,
the next state, and `end`, which is True if the episode ends there.

- With probability `eps` the action is drawn from `rng`, from **all** columns, each equally often. Otherwise
  it is one with the largest number in the row of the state, in the table as it is at that time.
- After each move, Q-learning corrects the table as in the lesson, by the share `alpha` and with the discount
  `gamma`.
- At the end there is **no future**: what comes after it is worth 0, whatever the row of that state says.
- After `limit` moves the episode is broken off, if it has not ended. The agent then stands in the midst of a
  way: the last move is corrected like any other, with a future.

Return the table after the episode, and `earned`, the sum of all rewards. The table that was passed stays as
it is. For example, with 3 states, where each move costs 1, action 1 leads to the next state, and state 2 is
the end:

    Q = np.array([[0.0, 1.0], [2.0, 4.0], [9.0, 9.0]])
    episode(Q, 0, step, 100, 0.5, 0.9, 0.0, rng)
    →  (array([[0. , 1.8], [2. , 1.5], [9. , 9. ]]), -2)

By hand: in state 0 the best action is 1. It leads to state 1, worth 4. So 1.0 moves half of the way to
-1 + 0.9 · 4 = 2.6. In state 1 the best action is 1 again. It leads to the end, so 4.0 moves half of the way
to -1.
"""


# %% answer="generative_and_meta/episode"
def episode(Q, s, step, limit, alpha, gamma, eps, rng):
    """The table after one episode, and the sum of its rewards."""
    ### BEGIN SOLUTION
    Q, earned = Q.copy(), 0
    for _ in range(limit):
        explore = rng.random() < eps
        a = rng.integers(Q.shape[1]) if explore else Q[s].argmax()
        r, s_next, end = step(s, a)
        worth = 0 if end else Q[s_next].max()
        Q[s, a] += alpha * (r + gamma * worth - Q[s, a])
        s, earned = s_next, earned + r
        if end:
            break
    return Q, earned
    ### END SOLUTION


# %% check="generative_and_meta/episode"
check("generative_and_meta/episode", episode)

# %% [markdown] task="generative_and_meta/pca"
r"""
## Task 4 · Which rows are strangers? (4 points)

PCA keeps the directions along which the rows of `X` vary most. A new row that is like those of `X` loses
little when it is rebuilt from a few numbers. One that is not may lose much: nobody has said what it is, and
still it stands out.

Write `pca(X, new, share)`. `X` has shape (n, d), and may have fewer rows than columns. `new` has shape
(m, d). `share` is a number between 0 and 1. Return three things:

- `V`, shape (k, d): the first k directions, each a row of length 1, the one along which `X` varies most
  first. k is the smallest number of directions that keep at least the share `share` of the variance of `X`;
- `scores`, shape (m, k): the k numbers of each new row, seen from the mean of `X`;
- `lost`, shape (m,): the squared distance of each new row from what is rebuilt of it from its k numbers.

If V has a direction, its opposite is as good: the check takes both, as long as the column of `scores` fits.
Use `np.linalg.svd` (`full_matrices=False`). The squares of the singular values S tell how the variance is
distributed over the directions. For example:

    X = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 1.0], [2.0, -1.0]])
    pca(X, np.array([[5.0, 3.0]]), 0.75)
    →  (array([[1., 0.]]), array([[3.]]), array([9.]))       or [[-1., 0.]] and [[-3.]]

By hand: the mean is (2, 0). From there the squares sum to 8 along the first axis, and to 2 along the second,
so the first direction keeps 0.8. The new row is 3 away along it. It is rebuilt as (5, 0), and 3² is lost.

The check uses real data: digits, wine, iris and breast cancer. In the next cell there
are pictures of zeros. Of the new ones, all but three are zeros, too.
"""

# %%
pictures, digits = data.load_digits()
zeros = pictures[digits == 0] / 16
others = pictures[digits != 0][:3] / 16
strangers = np.concatenate([zeros[100:], others])
print(zeros[:100].shape, strangers.shape)


# %% answer="generative_and_meta/pca"
def pca(X, new, share):
    """The directions (k, d), the scores (m, k), and what is lost (m,)."""
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    _, S, Vt = np.linalg.svd(X - mean, full_matrices=False)
    kept = np.cumsum(S**2) / np.sum(S**2)
    V = Vt[: np.argmax(kept >= share) + 1]
    scores = (new - mean) @ V.T
    lost = np.sum((new - mean - scores @ V) ** 2, axis=1)
    return V, scores, lost
    ### END SOLUTION


# %% check="generative_and_meta/pca"
check("generative_and_meta/pca", pca)

# %% [markdown]
r"""
## Afterwards

All four pass? Then look for the strangers. In a new cell, run

    for share in (0.3, 0.8, 0.99):
        V, scores, lost = pca(zeros[:100], strangers, share)
        print(share, len(V), lost.round(1))

The three that are no zeros come last. Do they lose more than every zero, and with which share is the gap
widest? Then let two judges work together: give `k_means` the scores of all pictures, with ten of them as a
start, and compare the groups with `digits`. How many directions does it need?
"""
