"""Principal components as scikit-learn defines them: NumPy's SVD of the centred data, the largest element of each
component positive (svd_flip with u_based_decision=False). Writes pca.oracle.json."""
import json
from pathlib import Path

import numpy as np


def data(n, p):
    i, j = np.arange(n)[:, None], np.arange(p)[None, :]
    return ((i * 7919 + j * 104729 + i * j * 31) % 201 - 100 + (i * (j + 1)) % 50).astype(float)


def pca(x):
    mean = x.mean(axis=0)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    signs = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    variance = s**2 / (len(x) - 1)
    return {
        "mean": mean.tolist(),
        "components": (vt * signs[:, None]).ravel().tolist(),
        "explainedVariance": variance.tolist(),
        "explainedVarianceRatio": (variance / variance.sum()).tolist(),
        "projected": (u * s * signs).ravel().tolist(),
    }


out = [{"rows": n, "cols": p, **pca(data(n, p))} for n, p in [(30, 5), (8, 8), (6, 17)]]
Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
