/*===- run_bundle.c - a compiled model from plain C -------------------------===*
 *
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===------------------------------------------------------------------------===*
 *
 * Runs a bundle on zeros and prints what it takes and gives. Needs the bundle's
 * own files and the C library, nothing else:
 *
 *   cc -I BUNDLE examples/c/run_bundle.c -o run_bundle -ldl
 *   ./run_bundle BUNDLE
 *
 *===------------------------------------------------------------------------===*/

#include "model.h" /* of the bundle */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *pointer, const char *what) {
  if (pointer)
    return pointer;
  fprintf(stderr, "error: cannot %s\n", what);
  exit(1);
}

/* The whole file, which stays in memory. */
static char *read_file(const char *path, size_t bytes) {
  FILE *file = check(fopen(path, "rb"), path);
  char *data = check(malloc(bytes + 1), "allocate memory");
  if (fread(data, 1, bytes + 1, file) != bytes) {
    fprintf(stderr, "error: %s: expected %zu bytes\n", path, bytes);
    exit(1);
  }
  fclose(file);
  return data;
}

static void print_tensor(const char *kind, const quantc_tensor_info *tensor) {
  printf("%s %s: %llu bytes, shape [", kind, tensor->name,
         (unsigned long long)tensor->bytes);
  for (uint32_t i = 0; i < tensor->rank; ++i)
    printf("%s%lld", i ? ", " : "", (long long)tensor->shape[i]);
  printf("]\n");
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s BUNDLE\n", argv[0]);
    return 2;
  }
  char path[4096];
  snprintf(path, sizeof(path), "%s/model.so", argv[1]);
  void *library = check(dlopen(path, RTLD_NOW), "load model.so");
  quantc_model_function *model;
  *(void **)&model = check(dlsym(library, "quantc_model"), "find the model");
  const quantc_model_info *info = model();
  if (info->abi_version != QUANTC_ABI_VERSION) {
    fprintf(stderr, "error: model.so and model.h differ\n");
    return 1;
  }

  const void **parameters =
      check(calloc(info->num_parameters + 1, sizeof(void *)), "allocate");
  if (info->num_parameters) {
    snprintf(path, sizeof(path), "%s/parameters.safetensors", argv[1]);
    const char *file = read_file(path, info->parameter_file_bytes);
    for (uint32_t i = 0; i < info->num_parameters; ++i)
      parameters[i] = file + info->parameters[i].offset;
  }
  const void **inputs =
      check(calloc(info->num_inputs + 1, sizeof(void *)), "allocate");
  for (uint32_t i = 0; i < info->num_inputs; ++i) {
    inputs[i] = check(calloc(info->inputs[i].bytes + 1, 1), "allocate");
    print_tensor("input", &info->inputs[i]);
  }
  void **outputs =
      check(calloc(info->num_outputs + 1, sizeof(void *)), "allocate");
  for (uint32_t i = 0; i < info->num_outputs; ++i)
    outputs[i] = check(calloc(info->outputs[i].bytes + 1, 1), "allocate");

  if (info->run(parameters, inputs, outputs) != QUANTC_OK) {
    fprintf(stderr, "error: out of memory\n");
    return 1;
  }
  for (uint32_t i = 0; i < info->num_outputs; ++i) {
    print_tensor("output", &info->outputs[i]);
    if (info->outputs[i].dtype != QUANTC_F32)
      continue;
    const float *values = outputs[i];
    for (uint64_t j = 0; j < info->outputs[i].bytes / sizeof(float) && j < 8; ++j)
      printf(" %g", values[j]);
    printf("\n");
  }
  return 0;
}
