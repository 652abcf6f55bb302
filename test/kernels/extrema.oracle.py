"""NumPy's extremes of reproducible numbers: python3 extrema.oracle.py > extrema.oracle.json"""
import json
import warnings

import numpy as np

warnings.simplefilter("ignore")
plain = lambda v: None if np.isnan(v) else float(v)
cases = []
for n in (1, 2, 15, 16, 17, 1000, 1025, 16384, 16385, 200003):
    for nans in (0, 1, 3):
        x = np.array([(i * 7919 % 1009) - 504 for i in range(n)], dtype=float)
        if nans:
            x[[n // 3, n // 2, n - 1][:nans]] = np.nan
        case = {"n": n, "nans": nans, "min": plain(x.min()), "max": plain(x.max()), "argmin": int(x.argmin()), "argmax": int(x.argmax()),
                "nanmin": plain(np.nanmin(x)), "nanmax": plain(np.nanmax(x))}
        if not np.isnan(x).all():
            case |= {"nanargmin": int(np.nanargmin(x)), "nanargmax": int(np.nanargmax(x))}
        cases.append(case)
m = np.array([(i * 7919 % 61) - 30 for i in range(21 * 13)], dtype=float).reshape(21, 13)
m[4, 5] = m[20, 0] = np.nan
axes = []
for axis in (0, 1):
    axes.append({f.__name__: [plain(v) for v in f(m, axis=axis)]
                 for f in (np.min, np.max, np.argmin, np.argmax, np.nanmin, np.nanmax, np.nanargmin, np.nanargmax)})
print(json.dumps({"numpy": np.__version__, "cases": cases, "axes": axes}))
