"""Singular values to 20 digits and more (mpmath) for svd.test.ts: python3 svd.oracle.py > svd.oracle.json"""
import json

import mpmath as mp

mp.mp.dps = 50


def values(n, entry):
    # The matrix as doubles hold it, which is what is decomposed.
    a = mp.matrix(n, n)
    for i in range(n):
        for j in range(n):
            a[i, j] = mp.mpf(float(entry(i, j)))
    s = mp.svd_r(a, compute_uv=False)
    return sorted((float(x) for x in s), reverse=True)


print(json.dumps({
    "hilbert": values(12, lambda i, j: 1 / (i + j + 1)),
    "wilkinson": values(21, lambda i, j: abs(i - 10) if i == j else 1 if abs(i - j) == 1 else 0),
    "kahan": values(16, lambda i, j: 0.8**i * (1 if i == j else -0.6 if j > i else 0)),
    "graded": values(12, lambda i, j: 10.0 ** -(i + j) * (1 + (3 * i + 5 * j) % 7)),
}, indent=1))
