"""How near the elementary functions are to the truth, which mpmath computes with 200 bits.

    python3 test/accuracy/accuracy.py oracle   writes test/kernels/math.oracle.json (a minute)
    python3 test/accuracy/accuracy.py table    writes test/accuracy/README.md; needs a build, an x86-64 machine, some minutes

A function takes one line of FUNCTIONS. The oracle is what the test asserts against: hard inputs, among them the ones
whose results lie nearest to the middle between two floats. The table is a search for the largest error: numpy's
80-bit functions sift many random inputs, mpmath measures the worst of them.
"""
import base64
import json
import os
import platform
import subprocess
import sys
import tempfile

import mpmath
import numpy as np
from mpmath import mp, mpf

mp.prec = 200
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LN2, SQRT2, PI = mp.log(2), mp.sqrt(2), mp.pi


def multiples(step, *ks):
    return [step * mpf(k) for k in ks]


# name: truth, numpy's name, the interval where results are neither constant nor overflow (of doubles, of floats),
# and points whose neighbours are worth a look: ends of the reduced interval, of the range, zeros.
HALVES = multiples(LN2, -1022.5, -1.5, -0.5, 0.5, 1.5, 2.5, 1022.5) + multiples(LN2, -1074, -1022, 1024, -149, -126, 128)
BINADES = [mpf(1), SQRT2, SQRT2 / 2, mpf(2), mpf(3), mpf(10), mpf("0.1"), SQRT2 * 1024, mpf(2) ** -1022, mpf(2) ** -126]
WHOLE = (-1.8e308, 1.8e308), (-3.4e38, 3.4e38)
# Near multiples of pi/2; 6381956970095103 * 2^797 is the nearest of all doubles to one (J.-M. Muller).
QUARTERS = multiples(PI / 2, 1, 2, 3, 4, 5, 100, 1001, 2**20 - 1, 2**20, 2**20 + 1, 2**30, 10**10) + multiples(PI / 4, 1, 3, 5, 7)
QUARTERS += [mpf(6381956970095103) * mpf(2) ** 797, mpf(2) ** 20 * PI / 2 - 1, mpf(1647099), mpf(32768), mpf(2) ** 1000]
SLOPES = multiples(mpf(1) / 16, 7, 11, 19, 39) + [mpf(1), mpf(2) ** 66, mpf("1e300")]
FUNCTIONS = {
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), "cbrt", (-1.8e308, 1.8e308), (-3.4e38, 3.4e38), BINADES + [mpf(8), mpf(27)]),
    "exp": (mp.exp, "exp", (-745.2, 709.8), (-104, 88.8), HALVES),
    "expm1": (mp.expm1, "expm1", (-40, 709.8), (-20, 88.8), HALVES + [mpf("-0.25"), mpf("0.25"), mpf(-37)]),
    "log": (mp.log, "log", (0, 1.8e308), (0, 3.4e38), BINADES),
    "log1p": (mp.log1p, "log1p", (-1, 1.8e308), (-1, 3.4e38), [x - 1 for x in BINADES] + BINADES),
    "log2": (lambda x: mp.log(x, 2), "log2", (0, 1.8e308), (0, 3.4e38), BINADES),
    "log10": (mp.log10, "log10", (0, 1.8e308), (0, 3.4e38), BINADES),
    "pow": (mp.power, "power", (-1074, 1024), (-149, 128), []),
    "atan": (mp.atan, "arctan", *WHOLE, SLOPES),
    "atan2": (mp.atan2, "arctan2", *WHOLE, []),
    "cos": (mp.cos, "cos", *WHOLE, QUARTERS),
    "cosh": (mp.cosh, "cosh", (-710.475, 710.475), (-89.415, 89.415), HALVES + [mpf(40), mpf(1)]),
    "sin": (mp.sin, "sin", *WHOLE, QUARTERS),
    "sinh": (mp.sinh, "sinh", (-710.475, 710.475), (-89.415, 89.415), HALVES + [mpf(40), mpf(1)]),
    "tan": (mp.tan, "tan", *WHOLE, QUARTERS + [mpf("0.67434")]),
    "tanh": (mp.tanh, "tanh", (-22, 22), (-11, 11), HALVES + [mpf("0.625"), mpf(19)]),
}
TWO = {"atan2", "pow"}  # functions of two operands; the interval of pow is that of the result's logarithm


def spacing(value, single):
    """The distance of floats around a true value (mpf)."""
    bits, low = (24, -149) if single else (53, -1074)
    return mpf(2) ** (low if value == 0 else max(mp.frexp(abs(value))[1] - bits, low))


def truth(name, x):
    return FUNCTIONS[name][0](*(mpf(float(v)) for v in x))


def nearest(value, single):
    """The float nearest to a true value and how far the truth is from it, in spacings."""
    ulp = spacing(value, single)
    rounded = mp.nint(value / ulp) * ulp  # ties to even
    return float(rounded) if abs(rounded) < mpf(2) ** (128 if single else 1024) else None, (value - rounded) / ulp


def kind(single):
    return np.float32 if single else np.float64


def inputs(name, single, count, rng):
    """Half of them evenly spread over the interval, half over its bit patterns: every exponent, both signs."""
    low, high = FUNCTIONS[name][3 if single else 2]
    dtype, word = kind(single), np.uint32 if single else np.uint64
    half = count // 2
    if name == "atan2":
        a, b = random_bits(count, dtype, word, rng), random_bits(count, dtype, word, rng)
        count = min(len(a), len(b))
        a, b = a[:count], b[:count]
        with np.errstate(over="ignore"):
            b[:half] = (a[:half] * np.exp(rng.uniform(-3, 3, half)) * rng.choice([-1, 1], half)).astype(dtype)
        fine = np.isfinite(b)
        return [a[fine], b[fine]]
    if name in TWO:
        a = random_bits(half, dtype, word, rng)
        a = np.concatenate([np.abs(a), np.exp(rng.uniform(-3, 3, count - half)).astype(dtype)])
        with np.errstate(all="ignore"):
            b = (rng.uniform(low, high, len(a)) / np.log2(a.astype(np.longdouble))).astype(dtype)
        fine = np.isfinite(a) & np.isfinite(b) & (a != 1)
        return [a[fine], b[fine]]
    even = rng.uniform(max(low, -1e6), min(high, 1e6), count - half).astype(dtype)
    if low == 0:
        even = np.abs(even)
    x = np.concatenate([random_bits(half, dtype, word, rng), even])
    x = np.where((x < low) & (low == 0), -x, x)
    return [x[(x > dtype(low)) & (x <= dtype(high))]]


def random_bits(count, dtype, word, rng):
    x = rng.integers(0, np.iinfo(word).max, count, dtype=word, endpoint=True).view(dtype)
    return x[np.isfinite(x)]


def around(points, single, low, high):
    dtype = kind(single)
    found = []
    for point in points:
        if abs(point) > np.finfo(dtype).max:
            continue
        x = dtype(float(point))
        for direction in (-np.inf, np.inf):
            y = x
            for _ in range(3):
                found.append(y)
                y = np.nextafter(y, dtype(direction))
    tiny = np.finfo(dtype).smallest_subnormal
    found += [s * dtype(v) for s in (1, -1) for v in (tiny, 5 * tiny, np.finfo(dtype).tiny, 1e-30, 1e-9, 1e-3, 0.1, 0.5, 1, 30)]
    return np.unique(np.array([x for x in found if low < float(x) <= high], dtype=dtype))


def wide(name, x):
    with np.errstate(all="ignore"):
        return getattr(np, FUNCTIONS[name][1])(*(v.astype(np.longdouble) for v in x))


def spacings(values, single):
    bits, low = (24, -149) if single else (53, -1074)
    return np.ldexp(np.longdouble(1), np.maximum(np.frexp(values)[1] - bits, low))


def midpoints(name, x, single, count):
    """The inputs whose results are nearest to the middle between two floats, and some nearest to a float."""
    y = wide(name, x)
    share = y / spacings(y, single)
    share = np.abs(share - np.rint(share))
    usable = np.isfinite(share) & (share > 0)
    order = np.argsort(np.where(usable, 0.5 - share, 1))[: count * 2 // 3]
    return np.concatenate([order, np.argsort(np.where(usable, share, 1))[: count // 3]])


def oracle():
    rng = np.random.default_rng(20)
    found = {}
    for name in FUNCTIONS:
        found[name] = {}
        for single in (False, True):
            low, high = FUNCTIONS[name][3 if single else 2]
            many = inputs(name, single, 200_000, rng)
            pick = midpoints(name, many, single, 48)
            few = inputs(name, single, 90, rng)
            x = [np.concatenate([m[pick], f]) for m, f in zip(many, few)]
            if name not in TWO:
                x = [np.concatenate([x[0], around(FUNCTIONS[name][4], single, low, high)])]
            results, errors, keep = [], [], []
            for i in range(len(x[0])):
                value, error = nearest(truth(name, [v[i] for v in x]), single)
                if value is None:
                    continue
                keep.append(i)
                results.append(value)
                errors.append(int(mp.nint(error * 65535)))
            found[name]["f32" if single else "f64"] = {
                "x": [base64.b64encode(v[keep].tobytes()).decode() for v in x],
                "nearest": base64.b64encode(np.array(results, kind(single)).tobytes()).decode(),
                "rest": base64.b64encode(np.array(errors, np.int16).tobytes()).decode(),
            }
    path = os.path.join(ROOT, "test/kernels/math.oracle.json")
    with open(path, "w") as file:
        made = f"mpmath {mpmath.__version__}, {mp.prec} bits; NumPy {np.__version__}"
        file.write('{\n "made with": ' + json.dumps(made) + ',\n "functions": {\n')
        file.write(",\n".join(f"  {json.dumps(name)}: {json.dumps(cases)}" for name, cases in found.items()))
        file.write("\n }\n}\n")


def evaluate(*words, isa):
    script = os.path.join(ROOT, "test/accuracy/evaluate.mjs")
    environment = {**os.environ, "OFFLOOP_ISA": isa}
    return subprocess.run(["node", script, *words], check=True, env=environment, capture_output=True, text=True).stdout


def runs(isa):
    return evaluate("isa", isa=isa).strip() == isa


def ours(name, x, precision, isa):
    """What offloop makes of x."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{k}") for k in range(len(x) + 1)]
        for path, v in zip(paths, x):
            v.tofile(path)
        evaluate(name, "f32" if x[0].dtype == np.float32 else "f64", precision, *paths, isa=isa)
        return np.fromfile(paths[-1], x[0].dtype)


def worst(name, x, y, single):
    """The largest error of results y, in ULP, and its input."""
    reference = wide(name, x)
    with np.errstate(all="ignore"):
        error = np.abs(y.astype(np.longdouble) - reference) / spacings(reference, single)
    error = np.where(np.isfinite(error), error, 0)
    best = (mpf(0), None)
    for i in np.argsort(error)[-20:]:
        true = truth(name, [v[i] for v in x])
        measured = abs(mpf(float(y[i])) - true) / spacing(true, single)
        if measured > best[0]:
            best = (measured, [float(v[i]) for v in x])
    return best


def table(count):
    rng = np.random.default_rng(21)
    isas = [isa for isa in ("avx512", "avx2", "sse4") if runs(isa)]
    lines = []
    for name in FUNCTIONS:
        cells = []
        for single in (False, True):
            x = inputs(name, single, count, rng)
            for precision in ("exact", "fast"):
                # The exact bits are the same everywhere (which the laws prove); the fast ones are not.
                found = [worst(name, x, ours(name, x, precision, isa), single) for isa in (isas if precision == "fast" else isas[:1])]
                error, at = max(found, key=lambda pair: pair[0])
                cells.append(f"{mp.nstr(error, 3, strip_zeros=False)}")
                print(name, "f32" if single else "f64", precision, mp.nstr(error, 4), at, file=sys.stderr)
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    text = f"""# Accuracy of the elementary functions

The largest error found, in ULP (units in the last place of the true result), over {count:,} random inputs for each
function and element type: half of them spread evenly over the interval where the function neither overflows nor is
constant, half over its bit patterns, so that every exponent has its share, denormal numbers included. Whatever is
correctly rounded has at most 0.5. `exact` gives the same bits on every machine; `fast` is measured on {', '.join(isas)},
and the largest is shown.

| | exact f64 | fast f64 | exact f32 | fast f32 |
| --- | --- | --- | --- | --- |
{chr(10).join(lines)}

A search finds no upper bound. What the test suite holds the functions to, on inputs chosen for being hard: less than
1 ULP for `exact`, at most 4 ULP for `fast`.

Made by `python3 test/accuracy/accuracy.py table` with mpmath {mpmath.__version__} ({mp.prec} bits), NumPy {np.__version__}, Python {platform.python_version()}.
"""
    os.makedirs(os.path.join(ROOT, "docs"), exist_ok=True)
    with open(os.path.join(ROOT, "test/accuracy/README.md"), "w") as file:
        file.write(text)


if sys.argv[1:] == ["oracle"]:
    oracle()
elif sys.argv[1:2] == ["table"]:
    table(int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
else:
    sys.exit(__doc__)
