"""NumPy's digitize and bincount of reproducible numbers: python3 bins.oracle.py > bins.oracle.json"""
import json

import numpy as np

EDGES = {
    "none": [],
    "one": [0.5],
    "few": [-3, 0, 0.25, 7],
    "repeated": [-1, -1, 2, 2, 2, 3],
    "even": [i / 4 - 2 for i in range(40)],
    "uneven": [i * abs(i) / 64 for i in range(-20, 21)],
    "many": [(i * 2654435761 % 4294967296) / 4294967296 for i in range(500)],
}
digitize = []
for name, edges in EDGES.items():
    edges = sorted(edges)
    x = np.array([v for e in edges for v in (e, e + 2**-20, e - 2**-20)] + [0.0, -0.0, np.nan, np.inf, -np.inf, 1e300])
    for turned in (False, True):
        e = edges[::-1] if turned else edges
        for right in (False, True):
            digitize.append({"name": name, "edges": e, "right": right, "turned": turned,
                             "expected": np.digitize(x, np.array(e, dtype=float), right=right).tolist()})

bincount = []
for n, modulus, least in ((0, 1, 0), (0, 1, 3), (1, 5, 0), (1000, 7, 0), (1000, 7, 20), (5000, 256, 0), (3000, 2000, 0)):
    x = np.array([i * i * 31 % modulus for i in range(n)], dtype=np.int64)
    w = np.array([(i % 17) / 4 - 1 for i in range(n)])
    bincount.append({"n": n, "modulus": modulus, "least": least, "counts": np.bincount(x, minlength=least).tolist(),
                     "sums": np.bincount(x, weights=w, minlength=least).astype(float).tolist()})

print(json.dumps({"numpy": np.__version__, "digitize": digitize, "bincount": bincount}))
