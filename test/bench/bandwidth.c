// Reads memory as fast as this machine lets N threads read it: the mark for `sum` and its like.
// Speaks lines: reads a mode, answers with the seconds that one pass over the memory took.
//
//   cc -O3 -march=native -pthread bandwidth.c -o bandwidth && ./bandwidth BYTES THREADS
//
// Every pass adds up all the memory in 64-byte vectors, in pieces that the threads take in turn. A mode is two words:
// `huge` or `small`, the pages of the memory (2 MB, or 4 KB as a JavaScript array has), and `0` or `1`, the way a piece
// is read: straight through, or as eight streams at once. Each thread is pinned to a core of its own, so that the mark
// is the memory's and not the scheduler's.
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

typedef double Vector __attribute__((vector_size(64)));

enum { kPiece = 1 << 20, kMaxThreads = 256 };

static char* memory[2];
static char* now_reading;
static int how;
static int64_t bytes;
static int threads;
static atomic_llong next;
static pthread_barrier_t begin, end;
static volatile double sink[kMaxThreads * 8];

static Vector Read(const char* at, int64_t length) {
  Vector a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0}, g = {0}, h = {0};
  const Vector* p = (const Vector*)at;
  const int64_t n = length / (int64_t)sizeof(Vector);
  if (how == 0) {
    for (int64_t i = 0; i + 4 <= n; i += 4) a += p[i], b += p[i + 1], c += p[i + 2], d += p[i + 3];
  } else {
    const int64_t q = n / 8;
    for (int64_t i = 0; i < q; i++) {
      a += p[i], b += p[i + q], c += p[i + 2 * q], d += p[i + 3 * q];
      e += p[i + 4 * q], f += p[i + 5 * q], g += p[i + 6 * q], h += p[i + 7 * q];
    }
  }
  return a + b + c + d + e + f + g + h;
}

static void Work(int64_t me) {
  Vector total = {0};
  for (;;) {
    const int64_t at = atomic_fetch_add(&next, kPiece);
    if (at >= bytes) break;
    const int64_t length = bytes - at < kPiece ? bytes - at : kPiece;
    total += Read(now_reading + at, length);
  }
  sink[me * 8] = total[0] + total[7];
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
    Work((int64_t)(intptr_t)me);
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
  bytes = atoll(argv[1]);
  threads = atoi(argv[2]);
  if (bytes <= 0 || threads <= 0 || threads > kMaxThreads) return 2;
  memory[0] = Allocate(MADV_NOHUGEPAGE);
  memory[1] = Allocate(MADV_HUGEPAGE);
  pthread_barrier_init(&begin, NULL, threads);
  pthread_barrier_init(&end, NULL, threads);
  pthread_t thread;
  for (int64_t i = 1; i < threads; i++) pthread_create(&thread, NULL, Thread, (void*)(intptr_t)i);
  Pin(0);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    const int pages = strncmp(line, "huge", 4) == 0;
    const char* way = strpbrk(line, "01");
    how = way == NULL ? 0 : *way - '0';
    now_reading = memory[pages];
    atomic_store(&next, 0);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pthread_barrier_wait(&begin);
    Work(0);
    pthread_barrier_wait(&end);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.9f\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
    fflush(stdout);
  }
  return 0;
}
