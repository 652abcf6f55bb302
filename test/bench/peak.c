/* The most multiplications and additions that the machine does: independent fused multiply-adds in registers, on every
 * thread. Reads lines "f64" or "f32", answers each with the seconds that 2^30 of them (2^31 operations) took. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
#define BYTES 64
#define CHAINS 24
#elif defined(__AVX2__)
#define BYTES 32
#define CHAINS 12
#else
#define BYTES 16
#define CHAINS 12
#endif
#define ALL (1L << 30)

static int threads, single;

#define RUN(name, type)                                                     \
  typedef type name##_lanes __attribute__((vector_size(BYTES)));            \
  static type name(long steps) {                                            \
    name##_lanes s[CHAINS], a, b;                                           \
    for (unsigned i = 0; i < BYTES / sizeof(type); i++) a[i] = 0.999, b[i] = 1e-3; \
    _Pragma("GCC unroll 24") for (int i = 0; i < CHAINS; i++) s[i] = b * (type)i; \
    for (long k = 0; k < steps; k++) {                                      \
      _Pragma("GCC unroll 24") for (int i = 0; i < CHAINS; i++) s[i] = s[i] * a + b; \
    }                                                                       \
    _Pragma("GCC unroll 24") for (int i = 1; i < CHAINS; i++) s[0] += s[i]; \
    return s[0][0];                                                         \
  }
RUN(doubles, double)
RUN(floats, float)

static volatile double sink;
static void* work(void* unused) {
  (void)unused;
  const long lanes = BYTES / (single ? 4 : 8), steps = ALL / (lanes * CHAINS * threads);
  sink = single ? (double)floats(steps) : doubles(steps);
  return NULL;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char** argv) {
  char line[64];
  threads = argc > 2 ? atoi(argv[2]) : 1;
  while (fgets(line, sizeof line, stdin)) {
    pthread_t crew[256];
    single = strncmp(line, "f32", 3) == 0;
    const double begun = now();
    for (int i = 1; i < threads; i++) pthread_create(&crew[i], NULL, work, NULL);
    work(NULL);
    for (int i = 1; i < threads; i++) pthread_join(crew[i], NULL);
    printf("%.9f\n", now() - begun);
    fflush(stdout);
  }
  return 0;
}
