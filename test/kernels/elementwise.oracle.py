"""What NumPy gives for the elementwise kernels: python3 test/kernels/elementwise.oracle.py > test/kernels/elementwise.oracle.json

Operands: every pair of the special values, then random bit patterns. Arrays are written as base64 of their
little-endian bytes, NaN as the default one.
"""
import base64
import json
import platform

import numpy as np

np.seterr(all="ignore")
SPECIAL = {
    "f64": [0.0, -0.0, 1.0, -1.5, 0.1, 3.0, np.inf, -np.inf, np.nan, 5e-324, -1e-310, 1.7976931348623157e308, 9007199254740993.0],
    "f32": [0.0, -0.0, 1.0, -1.5, 0.1, 3.0, np.inf, -np.inf, np.nan, 1e-45, -1e-40, 3.4028234663852886e38, 16777217.0],
}
LIMITS = [(-1, 1), (0, 255), (2, -2), (-np.inf, 0.5), (np.nan, 1), (0, np.nan)]


def text(array):
    array = np.where(np.isnan(array), array.dtype.type(np.nan), array) if array.dtype.kind == "f" else array
    return base64.b64encode(array.tobytes()).decode()


def cases(name):
    dtype = np.dtype({"f64": "<f8", "f32": "<f4"}[name])
    rng = np.random.default_rng(6)
    special = np.array(SPECIAL[name], dtype)
    pairs = [(a, b) for a in special for b in special]
    bits = rng.integers(0, 256, size=(2, 24 * dtype.itemsize), dtype=np.uint8)
    # Exponents near 1 too: most random patterns are far from each other.
    near = rng.standard_normal((2, 24)).astype(dtype)
    a = np.concatenate([np.array([p[0] for p in pairs], dtype), bits[0].view(dtype), near[0]])
    b = np.concatenate([np.array([p[1] for p in pairs], dtype), bits[1].view(dtype), near[1]])
    mask = rng.integers(0, 4, a.size, dtype=np.uint8) * rng.integers(0, 86, a.size, dtype=np.uint8)
    alpha = dtype.type(0.3)
    results = {
        "add": np.add(a, b),
        "subtract": np.subtract(a, b),
        "multiply": np.multiply(a, b),
        "divide": np.divide(a, b),
        "minimum": np.minimum(a, b),
        "maximum": np.maximum(a, b),
        "abs": np.abs(a),
        "sqrt": np.sqrt(a),
        "square": np.square(a),
        "reciprocal": np.reciprocal(a),
        "scale": a * alpha,
        "axpy": np.add(np.multiply(alpha, a), b),
        "where": np.where(mask, a, b),
    }
    few = np.concatenate([special, a[len(pairs) :]])
    clipped = [np.clip(few, dtype.type(low), dtype.type(high)) for low, high in LIMITS]
    assert all(result.dtype == dtype for result in [*results.values(), *clipped])
    return {
        "a": text(a),
        "b": text(b),
        "mask": text(mask),
        "results": {key: text(value) for key, value in results.items()},
        "few": text(few),
        "clip": [text(value) for value in clipped],
    }


def word(number):
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(float(number)), float(number))


limits = [[word(low), word(high)] for low, high in LIMITS]
about = f"NumPy {np.__version__}, Python {platform.python_version()}"
print(json.dumps({"by": about, "limits": limits, "f64": cases("f64"), "f32": cases("f32")}, separators=(",", ":")))
