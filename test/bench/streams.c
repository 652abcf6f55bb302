// Moves memory as fast as this machine lets N threads move it: the mark for elementwise kernels.
// Speaks lines: reads a mode, answers with the seconds that one pass took.
//
//   cc -O3 -march=native -pthread streams.c -o streams && ./streams BYTES THREADS
//
// A pass adds up 0 to 3 arrays of BYTES into another. A mode is three words: `huge` or `small`, the pages of the
// memory (2 MB, or 4 KB as a JavaScript array has); the number of arrays read; and the way, 0 to 2. Pieces are taken by
// the threads in turn, each thread on a core of its own. Every way stores past the caches (reading a line before it is
// overwritten would add a third to the traffic); they differ in how reads and stores meet:
//
//   0  a line read, a line stored, asking for operands a page ahead
//   1  the same in four parts of the piece side by side, without asking ahead
//   2  a kilobyte computed in L1, then stored while the next is asked for, in four parts in turn
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef double Vector __attribute__((vector_size(64)));

enum { kPiece = 1 << 18, kParts = 4, kTurn = 1024, kLine = 64, kAhead = 4096, kMaxThreads = 256 };

static char* memory[2][4];
static char* const* array;  // [0] is written
static int reads, way;
static int64_t bytes;
static int threads;
static atomic_llong next;
static pthread_barrier_t begin, end;

#if defined(__x86_64__)
#include <immintrin.h>
static inline void Store(char* to, Vector value) {
#if defined(__AVX512F__)
  _mm512_stream_pd((double*)to, (__m512d)value);
#else
  for (int i = 0; i < 4; i++) {
    __m128d part;
    memcpy(&part, (const char*)&value + 16 * i, sizeof part);
    _mm_stream_pd((double*)(to + 16 * i), part);
  }
#endif
}
static void Fence(void) { _mm_sfence(); }
#else
static inline void Store(char* to, Vector value) {
#if defined(__clang__)
  __builtin_nontemporal_store(value, (Vector*)to);
#else
  *(Vector*)to = value;
#endif
}
static void Fence(void) {}
#endif

static inline __attribute__((always_inline)) Vector Sum(int64_t at, int count) {
  if (count == 0) return (Vector){0};
  Vector sum = *(const Vector*)(array[1] + at);
  for (int k = 2; k <= count; k++) sum += *(const Vector*)(array[k] + at);
  return sum;
}

static inline __attribute__((always_inline)) void Ask(int64_t at, int count) {
  for (int k = 1; k <= count; k++) __builtin_prefetch(array[k] + at);
}

static inline __attribute__((always_inline)) void Move(int64_t from, int64_t to, int count) {
  const int64_t part = (to - from) / kParts;
  if (way == 0) {
    for (int64_t at = from; at < to; at += kLine) Ask(at + kAhead, count), Store(array[0] + at, Sum(at, count));
  } else if (way == 1) {
    for (int64_t i = from; i < from + part; i += kLine)
      for (int64_t at = i; at < i + kParts * part; at += part) Store(array[0] + at, Sum(at, count));
  } else {
    Vector turn[kTurn / kLine];
    for (int64_t i = from; i < from + part; i += kTurn)
      for (int64_t at = i; at < i + kParts * part; at += part) {
        for (int line = 0; line < kTurn / kLine; line++) turn[line] = Sum(at + line * kLine, count);
        __asm__ volatile("" : : "r"(turn) : "memory");  // into memory, before any of it is stored further
        for (int line = 0; line < kTurn / kLine; line++)
          Ask(at + kTurn + line * kLine, count), Store(array[0] + at + line * kLine, turn[line]);
      }
  }
}

static void Work(void) {
  for (;;) {
    const int64_t at = atomic_fetch_add(&next, kPiece);
    if (at >= bytes) break;
    if (reads == 0)
      Move(at, at + kPiece, 0);
    else if (reads == 1)
      Move(at, at + kPiece, 1);
    else if (reads == 2)
      Move(at, at + kPiece, 2);
    else
      Move(at, at + kPiece, 3);
  }
  Fence();
}

// The calling thread stays on the n-th of the cores that this process may use.
static void Pin(int64_t n) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &allowed) || n-- > 0) continue;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

static void* Thread(void* me) {
  Pin((int64_t)(intptr_t)me);
  for (;;) {
    pthread_barrier_wait(&begin);
    Work();
    pthread_barrier_wait(&end);
  }
  return NULL;
}

static char* Allocate(int advice) {
  const int64_t huge = 2 << 20;
  char* p = mmap(NULL, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) exit(1);
  p = (char*)(((uintptr_t)p + huge - 1) / huge * huge);
  madvise(p, bytes, advice);
  for (int64_t i = 0; i < bytes / 8; i++) ((double*)p)[i] = i % 7;
  return p;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  bytes = atoll(argv[1]) / kPiece * kPiece;
  threads = atoi(argv[2]);
  if (bytes <= 0 || threads <= 0 || threads > kMaxThreads) return 2;
  for (int k = 0; k < 4; k++) memory[0][k] = Allocate(MADV_NOHUGEPAGE), memory[1][k] = Allocate(MADV_HUGEPAGE);
  if (nice(5) == -1) return 1;  // as offloop's threads run: where others are busy too, all get their share
  pthread_barrier_init(&begin, NULL, threads);
  pthread_barrier_init(&end, NULL, threads);
  pthread_t thread;
  for (int64_t i = 1; i < threads; i++) pthread_create(&thread, NULL, Thread, (void*)(intptr_t)i);
  Pin(0);
  char line[64], pages[8];
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "%7s %d %d", pages, &reads, &way) != 3) return 2;
    array = memory[strcmp(pages, "huge") == 0];
    atomic_store(&next, 0);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pthread_barrier_wait(&begin);
    Work();
    pthread_barrier_wait(&end);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.9f\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
    fflush(stdout);
  }
  return 0;
}
