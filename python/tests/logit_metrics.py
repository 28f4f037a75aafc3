#===- logit_metrics.py - the metrics of `quantc eval` in numpy -------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A second, plain definition of what `quantc eval` reports.

Logits are [samples, ..., classes], labels [samples, ...]; all sums are in
double.
"""

import numpy as np


def log_softmax(logits):
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def cross_entropy(logits, labels):
    """Of every row, in nats."""
    return -np.take_along_axis(log_softmax(logits), labels[..., None], -1)[..., 0]


def perplexity(logits, labels):
    return np.exp(cross_entropy(logits, labels).mean())


def accuracy(logits, labels):
    return np.mean(logits.argmax(-1) == labels)


def agreement(logits, reference):
    return np.mean(logits.argmax(-1) == reference.argmax(-1))


def sqnr(logits, reference):
    """The energy of the reference over that of the difference, in dB."""
    logits, reference = logits.astype(np.float64), reference.astype(np.float64)
    noise = np.square(logits - reference).sum()
    return 10 * np.log10(np.square(reference).sum() / noise)


def kl_divergence(logits, reference):
    """KL(reference || logits), the mean over all rows, in nats."""
    p, q = log_softmax(reference), log_softmax(logits)
    return (np.exp(p) * (p - q)).sum(axis=-1).mean()


def bootstrap(statistic, samples, resamples=1000, seed=0):
    """The 95 % interval of statistic(indices) over resampled samples."""
    random = np.random.default_rng(seed)
    values = [statistic(random.integers(0, samples, samples))
              for _ in range(resamples)]
    return np.quantile(values, [0.025, 0.975])


def perplexity_ratio_interval(logits, reference, labels):
    """Paired: both models are evaluated on the same resampled windows."""
    axes = tuple(range(1, labels.ndim))
    difference = (cross_entropy(logits, labels) -
                  cross_entropy(reference, labels)).mean(axis=axes)
    return bootstrap(lambda picked: np.exp(difference[picked].mean()), len(difference))
