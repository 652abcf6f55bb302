"""Orders, ranks and distinct values by NumPy and SciPy:
python3 test/kernels/order.oracle.py > test/kernels/order.oracle.json

Inputs are integers from a generator that JavaScript repeats, some of them mapped to special values.
"""
import json
import platform

import numpy as np
import scipy
from scipy.stats import rankdata


def lcg(count, seed, below):
    out = np.empty(count, dtype=np.int64)
    state = seed
    for j in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[j] = (state >> 8) % below
    return out


SPECIAL = [np.nan, 0.0, -0.0, np.inf, -np.inf, 5e-324, -5e-324, 1.0]


def inputs():
    yield "few", (lcg(40, 1, 7) - 3).astype(np.float64) / 2
    yield "special", np.array([SPECIAL[k] for k in lcg(50, 2, len(SPECIAL))])
    yield "i32", (lcg(40, 3, 2**24) - 2**23).astype(np.int32) % 19
    yield "u32", (lcg(30, 4, 2**24).astype(np.uint32) << np.uint32(8)) >> np.uint32(3)


def plain(values):
    return [None if isinstance(v, float) and np.isnan(v) else str(v) if isinstance(v, float) and np.isinf(v) else v
            for v in np.asarray(values).tolist()]


cases = []
for name, x in inputs():
    case = {"name": name, "argsort": np.argsort(x, kind="stable").tolist()}
    case["ranks"] = {m: plain(rankdata(x, m, nan_policy="omit")) for m in ["average", "min", "max", "dense", "ordinal"]}
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    case["unique"] = {"values": plain(values + 0), "inverse": inverse.tolist(), "counts": counts.tolist()}
    s = np.sort(x)
    case["left"] = np.searchsorted(s, x, "left").tolist()
    case["right"] = np.searchsorted(s, x, "right").tolist()
    cases.append(case)

# Long ones, as checksums: sum of (i % 1000 + 1) * a[i], exact in doubles.
weights = np.arange(200_003) % 1000 + 1
x = lcg(200_003, 5, 5000).astype(np.float64) - 2500
long = {
    "argsort": int((weights * np.argsort(x, kind="stable")).sum()),
    "average": float((weights * rankdata(x)).sum()),
    "dense": int((weights * rankdata(x, "dense")).sum()),
    "distinct": len(np.unique(x)),
    "counts": int((weights[:5000] * np.unique(x, return_counts=True)[1]).sum()) if len(np.unique(x)) == 5000 else None,
    "inverse": int((weights * np.unique(x, return_inverse=True)[1]).sum()),
}
print(json.dumps({"made": f"NumPy {np.__version__}, SciPy {scipy.__version__}, Python {platform.python_version()}",
                  "cases": cases, "long": long}))
