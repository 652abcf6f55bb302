"""Numbers that neither side of offloop computed: python3 test/kernels/scans.oracle.py > test/kernels/scans.oracle.json

Inputs made with correctly rounded operations only (+ - * / sqrt), so that JavaScript makes the same ones. `exact` is
math.fsum of a prefix (correctly rounded), `numpy` is what np.cumsum has there.
"""
import json
import math
import platform

import numpy as np

N = 100_003
i = np.arange(1, N + 1, dtype=np.float64)
sign = np.where(np.arange(N) % 2 == 0, 1.0, -1.0)
series = {
    "harmonic": 1 / i,
    "alternating": sign / i,
    "tenths": np.full(N, 0.1),
    "square roots": np.sqrt(i),
    "large and small": np.where(np.arange(N) % 2 == 0, 1e10, 1 / i),
    "offset": 1e9 + np.sqrt(i),
}
at = [0, 1, 62, 63, 64, 65, 511, 512, 4000, 32767, 32768, 32769, 65535, 65536, 80001, 98303, 98304, N - 1]

sums = []
for name, x in series.items():
    numpy = np.cumsum(x)
    f32 = x.astype(np.float32)
    sums.append({
        "name": name,
        "exact": [math.fsum(x[: k + 1]) for k in at],
        "absolute": [math.fsum(np.abs(x[: k + 1])) for k in at],
        "numpy": [float(numpy[k]) for k in at],
        "f32": [float(np.float32(math.fsum(f32[: k + 1].astype(np.float64)))) for k in at],
    })

small = np.array([3, -1, 2**31 - 1, -(2**31), 7, 7, -5, 2**31 - 1, 0, 1, -(2**31), 12], dtype=np.int32)
zigzag = np.array([2.5, -1, 7, np.nan, 3, np.inf, -np.inf, 1e300, -1e300, 5e-324, 0.1, 0.2, 0.3])
peaks = np.array([-np.inf, -5, -5, 2, 1, 7, 7.5, 3, np.inf, 1])


def plain(values):
    """JSON has neither NaN nor infinities."""
    return [v if math.isfinite(v) else str(v) for v in values.tolist()]


print(json.dumps({
    "made_by": f"numpy {np.__version__}, Python {platform.python_version()}",
    "n": N,
    "at": at,
    "sums": sums,
    "products": [float(np.cumprod(1 + sign / (i + 1))[k]) for k in at],
    "long": [str(v) for v in np.cumsum(small.astype(np.int64) * 2**32)],
    "diff": {
        "x": plain(zigzag),
        "i32": small.tolist(),
        "float": {str(k): plain(np.diff(zigzag, k)) for k in (0, 1, 2, 3, 12)},
        "f32": {str(k): plain(np.diff(zigzag.astype(np.float32), k)) for k in (1, 4)},
        "int32": {str(k): np.diff(small, k).tolist() for k in (1, 2, 5)},
        "uint32": {str(k): np.diff(small.view(np.uint32), k).tolist() for k in (1, 2, 5)},
        "roots": plain(np.diff(np.sqrt(np.arange(300.0)), 100)),
    },
    "extremes": {
        "x": plain(peaks),
        "max": plain(np.maximum.accumulate(peaks)),
        "min": plain(np.minimum.accumulate(peaks)),
        "nan": plain(np.maximum.accumulate(zigzag)),
    },
}))
