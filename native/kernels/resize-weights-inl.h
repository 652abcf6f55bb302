// What a pixel of a resized image is made of along an axis: where its pixels of the source begin, and their weights.
#pragma once

#include "kernels/image-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace resizing {

using namespace image;

enum class Method : uint8_t { kNearest, kBilinear, kArea, kLanczos3, kCount };

// sin(pi t), t >= 0: as far as it matters, and the same in JavaScript.
double SinPi(double t) {
  const double k = __builtin_floor(t + 0.5), r = t - k, s = r * r;
  constexpr double kTerms[] = {3.141592653589793,       -5.16771278004997,       2.5501640398773455,
                               -0.5992645293207921,     0.08214588661112823,     -0.0073704309457143504,
                               0.00046630280576761255,  -2.1915353447830217e-05, 7.952054001475513e-07,
                               -2.2948428997269873e-08, 5.392664662608129e-10};
  double sum = kTerms[10];
  for (int i = 9; i >= 0; --i) sum = sum * s + kTerms[i];
  return static_cast<int64_t>(k) % 2 == 0 ? r * sum : -(r * sum);
}
double Lanczos3(double x) {
  const double t = x < 0 ? -x : x;
  if (t >= 3) return 0;
  return t == 0 ? 1 : 3 * SinPi(t) * SinPi(t / 3) / (9.869604401089358 * (t * t));
}

struct Axis {
  Method method;
  int64_t from, to;  // pixels of the source and of the result
  double scale, grid;
  int64_t taps;
  int64_t* starts;  // of each pixel of the result: the first that it is made of
  double* weights;  // taps of each
};

double Clamp(double value, double low, double high) { return value < low ? low : value > high ? high : value; }

void WeightsOf(const Axis& axis, int64_t i) {
  const int64_t taps = axis.taps, from = axis.from, to = axis.to;
  double* weights = axis.weights + i * taps;
  int64_t start = 0;
  if (axis.method == Method::kBilinear) {
    const double centre = Clamp((static_cast<double>(i) + 0.5) * axis.scale - 0.5, 0, static_cast<double>(from - 1));
    start = Least(static_cast<int64_t>(centre), from - taps);
    const double part = centre - static_cast<double>(start);
    weights[0] = taps == 1 ? 1 : 1 - part;
    if (taps > 1) weights[1] = part;
  } else if (axis.method == Method::kArea) {
    start = Least(i * from / to, from - taps);
    for (int64_t k = 0; k < taps; ++k) {
      const int64_t low = Most(i * from, (start + k) * to), high = Least((i + 1) * from, (start + k + 1) * to);
      weights[k] = static_cast<double>(Most(high - low, 0)) / static_cast<double>(from);
    }
  } else {
    const double stretch = axis.scale > 1 ? axis.scale : 1, centre = (static_cast<double>(i) + 0.5) * axis.scale;
    const double first = __builtin_floor(centre - 3 * stretch - 0.5) + 1;
    start = static_cast<int64_t>(Clamp(first, 0, static_cast<double>(from - taps)));
    double total = 0;
    for (int64_t k = 0; k < taps; ++k) {
      weights[k] = Lanczos3((static_cast<double>(start + k) + 0.5 - centre) / stretch);
      total += weights[k];
    }
    for (int64_t k = 0; k < taps; ++k) weights[k] /= total;
  }
  axis.starts[i] = start;
  // Their partial sums are rounded, so that all of them make 1.
  double sum = 0, last = 0;
  for (int64_t k = 0; k < taps; ++k) {
    sum += weights[k];
    const double rounded = __builtin_floor(sum * axis.grid + 0.5);
    weights[k] = (rounded - last) / axis.grid;
    last = rounded;
  }
}

OFFLOOP_INLINE int64_t TapsOf(Method method, int64_t from, double scale) {
  double taps = 2;
  if (method == Method::kArea) taps = __builtin_ceil(scale) + 1;
  if (method == Method::kLanczos3) taps = __builtin_ceil(6 * (scale > 1 ? scale : 1)) + 1;
  return taps < static_cast<double>(from) ? static_cast<int64_t>(taps) : from;
}

// Pixels whose weights are one item of work.
OFFLOOP_INLINE int64_t WeightsItem(const Axis& axis) { return 4096 / axis.taps + 1; }
OFFLOOP_INLINE int64_t WeightsItems(const Axis& axis) { return (axis.to + WeightsItem(axis) - 1) / WeightsItem(axis); }

bool Prepare(Job& job, const Axis& axis) {
  const int64_t item = WeightsItem(axis);
  return job.For(WeightsItems(axis), 1, [&](int64_t begin, int64_t end) {
    const int64_t last = Least(end * item, axis.to);
    for (int64_t i = begin * item; i < last; ++i) WeightsOf(axis, i);
  });
}

}  // namespace resizing
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
