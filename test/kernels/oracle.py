"""Numbers that neither side of offloop computed: python3 test/kernels/oracle.py > test/kernels/oracle.json

Sums: inputs made with correctly rounded operations only (+ - * / sqrt), so that JavaScript makes
the same ones; `exact` is math.fsum (correctly rounded), `numpy` is numpy.sum (pairwise).
Nearest neighbours: integer-valued vectors, so that every product and sum is exact in any order.
"""
import json
import math
import platform

import numpy as np

N = 1_000_003


def series():
    i = np.arange(1, N + 1, dtype=np.float64)
    sign = np.where(np.arange(N) % 2 == 0, 1.0, -1.0)
    yield "harmonic", 1 / i
    yield "alternating harmonic", sign / i
    yield "inverse squares, rising", (1 / (i * i))[::-1].copy()
    yield "tenths", np.full(N, 0.1)
    yield "square roots", np.sqrt(i)
    yield "large and small", np.where(np.arange(N) % 2 == 0, 1e10, 1 / i)
    yield "cancelling", np.where(np.arange(N) % 2 == 0, i, -i + 1 / i)
    yield "telescoping", 1 / i - 1 / (i + 1)


def lcg(count, seed):
    out = np.empty(count, dtype=np.int64)
    state = seed
    for j in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[j] = (state >> 16) % 201 - 100
    return out


sums = []
for name, x in series():
    sums.append({"name": name, "exact": math.fsum(x), "numpy": float(np.sum(x)), "absolute": math.fsum(np.abs(x))})
    f32 = x.astype(np.float32)
    sums[-1]["exactF32"] = math.fsum(f32.astype(np.float64))

queries = lcg(7 * 33, 1).reshape(7, 33)
corpus = lcg(500 * 33, 2).reshape(500, 33)
corpus[123] = corpus[17]  # a tie: the lower row first
nearest = {}
products = queries @ corpus.T
squares = ((queries[:, None, :] - corpus[None, :, :]) ** 2).sum(axis=2)
norms = np.sqrt((queries**2).sum(1))[:, None] * np.sqrt((corpus**2).sum(1))[None, :]
for metric, key, score in [
    ("dot", -products, products),
    ("sqeuclidean", squares, squares),
    ("euclidean", squares, np.sqrt(squares)),
    ("cosine", -products / norms, products / norms),
]:
    order = np.argsort(key, axis=1, kind="stable")[:, :6]
    nearest[metric] = {"indices": order.tolist(), "scores": np.take_along_axis(score, order, 1).tolist()}

print(json.dumps({
    "made with": f"Python {platform.python_version()}, NumPy {np.__version__}",
    "n": N,
    "sums": sums,
    "nearest": nearest,
}, indent=1))
