"""NumPy's histograms of reproducible numbers: python3 histogram.oracle.py > histogram.oracle.json"""
import json

import numpy as np


def noise(n, seed):
    """Numbers in [0, 1) of 32 random bits: the generator of src/core/samples.ts."""
    out = np.empty(n)
    state = seed
    m = 0xFFFFFFFF
    for i in range(n):
        state = (state + 0x6D2B79F5) & m
        t = state
        t = ((t ^ (t >> 15)) * (t | 1)) & m
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) & m
        out[i] = ((t ^ (t >> 14)) & m) / 4294967296
    return out


DTYPES = {"f64": np.float64, "f32": np.float32, "i32": np.int32, "u8": np.uint8, "i16": np.int16}


def near(edges, dtype):
    """Every edge with its two neighbours in the type."""
    e = edges.astype(dtype)
    if np.issubdtype(dtype, np.integer):
        return np.unique(np.concatenate([e, e + 1, e - 1]))
    inf = dtype(np.inf)
    return np.concatenate([e, np.nextafter(e, inf), np.nextafter(e, -inf)])


cases = []


def case(name, dtype, bins, lo, scale, range_=None, n=4000, weighted=False, adversarial=False, density=False):
    x = (noise(n, 7) * scale + lo).astype(DTYPES[dtype])
    if adversarial:
        x = near(np.histogram(x, bins=bins, range=range_)[1], DTYPES[dtype])
    w = noise(len(x), 11) - 0.25 if weighted else None
    counts, edges = np.histogram(x, bins=bins, range=range_, weights=w, density=density)
    cases.append({
        "name": name, "dtype": dtype, "bins": bins, "lo": lo, "scale": scale, "range": range_, "n": n, "weighted": weighted,
        "adversarial": adversarial, "density": density,
        "x": [float(v) for v in x] if adversarial else None,
        "counts": [float(c) for c in counts], "edges": [float(e) for e in edges],
    })


case("default", "f64", 10, -1, 2)
case("of a range", "f64", 17, -1, 2, (-0.5, 0.7))
case("of a range, f32", "f32", 17, -1, 2, (-0.5, 0.7))
case("extent, f32", "f32", 33, 3, 0.1)
case("bytes", "u8", 10, 0, 256)
case("shorts", "i16", 7, -1000, 2000)
case("integers", "i32", 100, -50, 100, (-50, 50))
case("all equal", "f64", 5, 3, 0)
case("all equal, f32", "f32", 5, 3, 0)
case("all equal, u8", "u8", 5, 3, 0)
case("empty", "f64", 4, 0, 1, None, 0)
case("equal ends", "f64", 4, 0, 1, (0.25, 0.25))
case("tiny bins", "f64", 7, 0, 1e-300)
case("denormal", "f64", 3, 0, 1, (0, 1e-322))
case("weights", "f64", 12, -1, 2, None, 4000, True)
case("density", "f64", 12, -1, 2, None, 4000, False, False, True)
case("given edges", "f64", [-0.9, -0.3, 0, 0.05, 0.7], -1, 2)
case("given edges, repeated", "f64", [-0.9, 0, 0, 0, 0.7, 0.7], -1, 2)
case("given edges, density", "f64", [-0.9, -0.3, 0, 0.05, 0.7], -1, 2, None, 4000, False, False, True)
case("given edges, weights", "f32", [-0.9, -0.3, 0, 0.05, 0.7], -1, 2, None, 4000, True)
case("many given edges", "f64", [i * abs(i) / 1024 for i in range(-32, 33)], -1, 2)
for bins, range_ in ((10, (0, 1)), (49, (0.1, 0.7)), (100, (1e9, 1e9 + 1)), (64, (-3.3, 7.7)), (40, (1e16, 1e16 + 100)),
                     (7, (-1e-310, 1e-310)), (11, (-1e308, 0.7e308))):
    case(f"edges and neighbours, {bins} in {range_}", "f64", bins, 0, 1, range_, 10, False, True)
for bins, range_ in ((10, (0, 1)), (49, (0.1, 0.7)), (64, (1000, 1001))):
    case(f"edges and neighbours, f32, {bins} in {range_}", "f32", bins, 0, 1, range_, 10, False, True)
case("edges and neighbours, i32", "i32", 9, 0, 1, (-7, 20), 10, False, True)

planes = []
for name, dtype, bins, range_ in (("a range", "f64", [5, 3], ((-1, 1), (0, 1))), ("extent", "f64", [4, 4], None),
                                  ("a range, f32", "f32", [5, 7], ((-0.7, 0.9), (0, 1))), ("extent, f32", "f32", [6, 2], None),
                                  ("bytes", "u8", [3, 2], None)):
    unit = (lambda v: v * 256) if dtype == "u8" else (lambda v: v * 2 - 1)
    x, y = unit(noise(3000, 3)).astype(DTYPES[dtype]), unit(noise(3000, 4)).astype(DTYPES[dtype])
    w = noise(3000, 5) - 0.25
    plain, ex, ey = np.histogram2d(x, y, bins=bins, range=range_)
    weighted = np.histogram2d(x, y, bins=bins, range=range_, weights=w)[0]
    density = np.histogram2d(x, y, bins=bins, range=range_, density=True)[0]
    planes.append({"name": name, "dtype": dtype, "bins": bins, "range": range_, "xEdges": ex.tolist(), "yEdges": ey.tolist(),
                   "counts": plain.ravel().tolist(), "weighted": weighted.ravel().tolist(), "density": density.ravel().tolist()})

print(json.dumps({"numpy": np.__version__, "cases": cases, "planes": planes}))
