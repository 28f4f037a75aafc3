/*===- quantc_runtime.h - loading and running bundles -----------------------===*
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*
 *
 * A bundle is a directory with model.so, parameters.safetensors (absent if the
 * model has no parameters), model.h, manifest.json and, where it was compiled
 * for GPUs, cuda/. This loader needs model.so and the parameters, or cuda/; it
 * depends on neither LLVM nor Python, and loads the CUDA driver when it is
 * asked for a GPU.
 *
 *===------------------------------------------------------------------------===*/

#ifndef QUANTC_RUNTIME_H
#define QUANTC_RUNTIME_H

#include "quantc/Runtime/quantc_model.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quantc_bundle quantc_bundle;

/* Loads the bundle in `directory` and maps its parameters. Returns null on
 * failure and writes why, without a line end and cut to `error_size` bytes with
 * the terminating zero, to `error` (which may be null). */
quantc_bundle *quantc_bundle_open(const char *directory, char *error,
                                  size_t error_size);

/* The same for a device: "cpu"; "cuda", the first GPU; "cuda:N", the N-th from
 * 0 on; "emulator", which interprets the kernels (docs/emulator.md). On a GPU
 * everything that a run needs is allocated and uploaded now. */
quantc_bundle *quantc_bundle_open_on(const char *directory, const char *device,
                                     char *error, size_t error_size);

/* Never null. Lives as long as the bundle. */
const quantc_model_info *quantc_bundle_info(const quantc_bundle *bundle);

/* Lets the runs that follow use so many threads, of which the calling one is
 * one; less than 1 counts as 1, which is the default. Runs that overlap share
 * them: one has them all, the others run alone. No run may be under way.
 * Returns QUANTC_OK; QUANTC_NOT_PARALLEL if the model was not compiled for
 * threads; QUANTC_OUT_OF_MEMORY if threads cannot be started, and then it stays
 * with one. */
enum { QUANTC_NOT_PARALLEL = 2 };
int32_t quantc_bundle_set_threads(quantc_bundle *bundle, int64_t threads);

/* Runs the model on one pointer per input and output, in the order of the
 * tables, all in the host's memory. Returns QUANTC_OK, QUANTC_OUT_OF_MEMORY or,
 * on a GPU, QUANTC_DEVICE_ERROR. May be called from several threads at once; on
 * a GPU the calls take turns. */
enum { QUANTC_DEVICE_ERROR = 3 };
int32_t quantc_bundle_run(const quantc_bundle *bundle,
                          const void *const *inputs, void *const *outputs);

/* For a bundle on a GPU: the same with device pointers and without waiting. The
 * work is put on `stream`, a CUstream or cudaStream_t of the device's primary
 * context; null is the default stream. Successive calls may use different
 * streams: each waits for the one before it. A call on the same tensors as the
 * last one launches one CUDA graph. `stream` may be capturing; then the caller
 * keeps runs of the bundle apart. Pointers are aligned to 16 bytes at least.
 * Returns QUANTC_OK or QUANTC_DEVICE_ERROR; what fails later shows on the
 * stream. */
int32_t quantc_bundle_launch(const quantc_bundle *bundle,
                             const void *const *inputs, void *const *outputs,
                             void *stream);

/* Device memory that the bundle holds; 0 on the CPU. */
uint64_t quantc_bundle_device_bytes(const quantc_bundle *bundle);

/* Why the calling thread's last run or launch returned QUANTC_DEVICE_ERROR.
 * Never null; lives until the thread's next call. */
const char *quantc_last_error(void);

/* Unloads the bundle; null is allowed. */
void quantc_bundle_close(quantc_bundle *bundle);

/* Threads for the run_parallel functions of several models, or of models that
 * are part of the program: `threads` in all, with the one that runs a model.
 * Returns null if they cannot be started. */
typedef struct quantc_threads quantc_threads;
quantc_threads *quantc_threads_start(int64_t threads);

/* What to pass to run_parallel. Lives as long as the threads. */
const quantc_parallel *quantc_threads_parallel(const quantc_threads *threads);

/* Ends them; null is allowed. No run may be under way. */
void quantc_threads_stop(quantc_threads *threads);

/* Bytes of an element; 0 for an unknown type and for QUANTC_I4, of which a byte
 * holds two. */
size_t quantc_dtype_bytes(uint32_t dtype);

/* The name of an element type as in manifest.json ("f32"), or "unknown". */
const char *quantc_dtype_name(uint32_t dtype);

#ifdef __cplusplus
}
#endif

#endif /* QUANTC_RUNTIME_H */
