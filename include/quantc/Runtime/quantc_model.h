/*===- quantc_model.h - the C ABI of a compiled model -----------------------===*
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*
 *
 * A model is a shared library that needs libc and libm only. It exports, for a
 * model NAME,
 *
 *   NAME_info()                the tables below
 *   NAME_run()                 one call of the model
 *   NAME_run_with_workspace()  the same with scratch memory of the caller
 *   NAME_run_parallel()        the same on threads of the caller; only of a
 *                              model that was compiled for threads
 *   quantc_model()             the same as NAME_info, for those who load models
 *                              whose name they do not know
 *
 * All tensors are dense and row major. Pointers need no alignment beyond that
 * of their elements (64 bytes is fastest); the pointer of an empty tensor may
 * be null. No output may overlap an input, a parameter or another output. Every
 * function may be called from several threads at once.
 *
 *===------------------------------------------------------------------------===*/

#ifndef QUANTC_MODEL_H
#define QUANTC_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes when a struct or the meaning of a field does. */
#define QUANTC_ABI_VERSION 2

/* Element types. QUANTC_BOOL is one byte, 0 or 1. QUANTC_F8_E4M3 is the type
 * with NaN but no infinities. QUANTC_I4 stands two in a byte: the row-major
 * elements 2j and 2j + 1 are the low and the high half of byte j; where the
 * number of elements is odd, the last high half is ignored in inputs and zero
 * in outputs. */
enum {
  QUANTC_BOOL = 0,
  QUANTC_I8 = 1,
  QUANTC_I16 = 2,
  QUANTC_I32 = 3,
  QUANTC_I64 = 4,
  QUANTC_F16 = 5,
  QUANTC_BF16 = 6,
  QUANTC_F32 = 7,
  QUANTC_F64 = 8,
  QUANTC_U8 = 9,
  QUANTC_U16 = 10,
  QUANTC_U32 = 11,
  QUANTC_U64 = 12,
  QUANTC_F8_E4M3 = 13,
  QUANTC_F8_E5M2 = 14,
  QUANTC_I4 = 15
};

/* What the run functions return. */
enum { QUANTC_OK = 0, QUANTC_OUT_OF_MEMORY = 1 };

typedef struct quantc_tensor_info {
  const char *name;
  const int64_t *shape; /* rank sizes */
  uint32_t rank;
  uint32_t dtype;
  uint64_t bytes;
  /* An integer q stands for (q - zero_point) * scale; scale 0 says that the
   * tensor is not quantized. */
  double scale;
  int64_t zero_point;
} quantc_tensor_info;

typedef struct quantc_parameter_info {
  quantc_tensor_info tensor;
  uint64_t offset; /* of the data, from the start of parameters.safetensors */
} quantc_parameter_info;

typedef int32_t quantc_run_function(const void *const *parameters,
                                    const void *const *inputs,
                                    void *const *outputs);
typedef int32_t quantc_run_with_workspace_function(
    const void *const *parameters, const void *const *inputs,
    void *const *outputs, void *workspace);

/* How a model uses several threads: those of the caller, who calls `task` once
 * for each index from 0 to count - 1, on any thread, in any order, at the same
 * time or not, with `argument`, and returns when all calls have. A model calls
 * `run` many times; the threads should be waiting. Which thread computes what
 * does not change a bit of the results, as long as all have the same rounding
 * and denormal modes. */
typedef struct quantc_parallel {
  void *context;   /* passed to `run` */
  int64_t threads; /* with less than 2, `run` is not called */
  void (*run)(void *context, int64_t count,
              void (*task)(void *argument, int64_t index), void *argument);
} quantc_parallel;

/* A null workspace stands for one that is kept from call to call, as in
 * NAME_run; a null `parallel` for one thread. */
typedef int32_t quantc_run_parallel_function(const void *const *parameters,
                                             const void *const *inputs,
                                             void *const *outputs,
                                             void *workspace,
                                             const quantc_parallel *parallel);

typedef struct quantc_model_info {
  uint32_t abi_version;
  uint32_t num_parameters;
  uint32_t num_inputs;
  uint32_t num_outputs;
  const quantc_parameter_info *parameters;
  const quantc_tensor_info *inputs;
  const quantc_tensor_info *outputs;
  const char *name;
  const char *fingerprint; /* of the source model; "" if it has none */
  const char *target;      /* triple and cpu */
  const char *compiler;    /* name and version */
  /* The parameter file: its size and the 64-bit FNV-1a hash of all that comes
   * before the first tensor. The header there contains a hash of the tensors,
   * so this identifies the file. Both are 0 without parameters. */
  uint64_t parameter_file_bytes;
  uint64_t parameter_header_bytes;
  uint64_t parameter_header_hash;
  uint64_t workspace_bytes; /* of scratch memory, 64-byte aligned */
  quantc_run_function *run;
  quantc_run_with_workspace_function *run_with_workspace;
  quantc_run_parallel_function *run_parallel; /* null if not compiled for it */
} quantc_model_info;

typedef const quantc_model_info *quantc_model_function(void);

#ifdef __cplusplus
}
#endif

#endif /* QUANTC_MODEL_H */
