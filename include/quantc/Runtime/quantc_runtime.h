/*===- quantc_runtime.h - loading and running bundles -----------------------===*
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*
 *
 * A bundle is a directory with model.so, parameters.safetensors (absent if the
 * model has no parameters), model.h and manifest.json. This loader needs the
 * first two; it depends on neither LLVM nor Python.
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

/* Never null. Lives as long as the bundle. */
const quantc_model_info *quantc_bundle_info(const quantc_bundle *bundle);

/* Runs the model on one pointer per input and output, in the order of the
 * tables. Returns QUANTC_OK or QUANTC_OUT_OF_MEMORY. */
int32_t quantc_bundle_run(const quantc_bundle *bundle,
                          const void *const *inputs, void *const *outputs);

/* Unloads the bundle; null is allowed. */
void quantc_bundle_close(quantc_bundle *bundle);

/* Bytes of an element, 0 for an unknown type. */
size_t quantc_dtype_bytes(uint32_t dtype);

/* The name of an element type as in manifest.json ("f32"), or "unknown". */
const char *quantc_dtype_name(uint32_t dtype);

#ifdef __cplusplus
}
#endif

#endif /* QUANTC_RUNTIME_H */
