"""Numbers of NumPy and SciPy for matmul.test.ts: python3 matmul.oracle.py > matmul.oracle.json"""
import json

import numpy as np
from scipy.spatial.distance import cdist

rng = np.random.default_rng(6)
x = np.round(rng.normal(size=(5, 7)) * 3 + 10, 3)
y = np.round(rng.normal(size=(4, 7)) * 3 + 9, 3)
print(json.dumps({
    "x": x.tolist(),
    "y": y.tolist(),
    "cov": np.cov(x).ravel().tolist(),
    "covColumns": np.cov(x, rowvar=False, ddof=0).ravel().tolist(),
    "corrcoef": np.corrcoef(x).ravel().tolist(),
    "corrcoefColumns": np.corrcoef(x, rowvar=False).ravel().tolist(),
    "gram": (x.T @ x).ravel().tolist(),
    "cdist": {m: cdist(x, y, m).ravel().tolist() for m in ["euclidean", "sqeuclidean", "cityblock", "cosine"]},
}, indent=1))
