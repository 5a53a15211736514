"""The tasks of exercise 15: the losses of a GAN, k-means from several starts, an episode, and PCA."""

from helpers.checks.generative_and_meta.clusters import k_means
from helpers.checks.generative_and_meta.directions import pca
from helpers.checks.generative_and_meta.players import gan_losses
from helpers.checks.generative_and_meta.walks import episode

TASKS = [gan_losses, k_means, episode, pca]
