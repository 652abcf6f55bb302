// The most single-precision multiply-adds that N threads do in a second: the mark for what computes.
// Prints the milliseconds that FLOPS of them would take at that speed.
//
//   cc -O3 -march=native -ffp-contract=fast -pthread peak.c -o peak && ./peak FLOPS THREADS
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef __AVX512F__
enum { kBytes = 64, kSums = 16 };
#elif defined(__AVX__)
enum { kBytes = 32, kSums = 12 };
#else
enum { kBytes = 16, kSums = 12 };
#endif
typedef float Vector __attribute__((vector_size(kBytes)));
enum { kTurns = 1000000, kMaxThreads = 256 };

static volatile float sink[kMaxThreads];

static void* Work(void* me) {
  Vector sums[kSums], x, y;
  for (unsigned i = 0; i < kBytes / 4; i++) x[i] = 0.999f, y[i] = 1e-3f;
  for (int s = 0; s < kSums; s++) sums[s] = y * (float)s;
  for (int64_t k = 0; k < kTurns; k++) {
#pragma GCC unroll 16
    for (int s = 0; s < kSums; s++) sums[s] = sums[s] * x + y;
  }
  float total = 0;
  for (int s = 0; s < kSums; s++) total += sums[s][0];
  sink[(intptr_t)me] = total;
  return NULL;
}

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const int threads = atoi(argv[2]);
  if (threads < 1 || threads > kMaxThreads) return 1;
  double best = 1e9;
  for (int pass = 0; pass < 3; pass++) {
    pthread_t others[kMaxThreads];
    const double begun = Now();
    for (intptr_t t = 1; t < threads; t++) pthread_create(&others[t], NULL, Work, (void*)t);
    Work(NULL);
    for (int t = 1; t < threads; t++) pthread_join(others[t], NULL);
    const double seconds = Now() - begun;
    if (seconds < best) best = seconds;
  }
  printf("%.6f\n", atof(argv[1]) / (2.0 * threads * kTurns * kSums * (kBytes / 4)) * best * 1e3);
  return 0;
}
