# FFTW by way of a loop in C, run inside the NumPy peer; `fftw` stays None where a compiler or the library is missing.
def _fftw():
    import ctypes
    import os
    import subprocess
    import tempfile

    source = r"""
#include <fftw3.h>
#include <stdlib.h>
struct Job { fftw_plan plan; };
static void fill(double* x, long n) { for (long i = 0; i < n; i++) x[i] = (i * 7919 % 1000) / 500.0 - 1; }
void* prepare(int n, int count, int threads, int real, double seconds) {
  struct Job* job = malloc(sizeof *job);
  long size = 2L * n * count + 2 * count;
  double *in = fftw_malloc(8 * size), *out = fftw_malloc(8 * size);
  fftw_init_threads();
  fftw_plan_with_nthreads(threads);
  fftw_set_timelimit(seconds);
  unsigned flags = FFTW_PATIENT | FFTW_PRESERVE_INPUT;
  job->plan = real ? fftw_plan_many_dft_r2c(1, &n, count, in, 0, 1, n, (fftw_complex*)out, 0, 1, n / 2 + 1, flags)
                   : fftw_plan_many_dft(1, &n, count, (fftw_complex*)in, 0, 1, n, (fftw_complex*)out, 0, 1, n, -1, flags);
  fill(in, size);
  return job;
}
void run(struct Job* job, int times) { for (int i = 0; i < times; i++) fftw_execute(job->plan); }
"""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "peer.c")
    with open(path, "w") as file:
        file.write(source)
    library = os.path.join(folder, "peer.so")
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", path, "-o", library, "-lfftw3_threads", "-lfftw3", "-lm", "-lpthread"],
        check=True,
        capture_output=True,
    )
    peer = ctypes.CDLL(library)
    peer.prepare.restype = ctypes.c_void_p
    peer.prepare.argtypes = [ctypes.c_int] * 4 + [ctypes.c_double]
    peer.run.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return peer


fftw = _fftw()
