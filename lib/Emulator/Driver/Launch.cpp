//===- Launch.cpp - cuLaunchKernel and cuLaunchKernelEx -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include <cstring>

using namespace quantc::emulator;

namespace {

CUresult errorOf(Check check) {
  switch (check) {
  case Check::OutOfBounds:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case Check::Misaligned:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case Check::Deadlock:
    return CUDA_ERROR_LAUNCH_TIMEOUT;
  default:
    return CUDA_ERROR_LAUNCH_FAILED;
  }
}

/// Runs the kernel; findings become the report and the error.
CUresult execute(DriverState &state, Launch &launch) {
  launch.options = state.options;
  launch.memory = &state.memory;
  launch.run();
  state.instructions = launch.instructions;
  state.countAccesses(launch);
  std::vector<Finding> findings = launch.report.sorted();
  if (findings.empty()) {
    state.report.clear();
    return CUDA_SUCCESS;
  }
  std::string text;
  for (const Finding &finding : findings)
    text += finding.str();
  state.setReport(text);
  CUresult result = errorOf(findings.front().check);
  state.pending = result;
  return result;
}

/// Copies the arguments to where the kernel's parameters are.
CUresult copyParameters(const Program &program, void **parameters, void **extra,
                        std::vector<char> &buffer) {
  buffer.assign(program.parameterBytes, 0);
  if (extra) {
    const void *data = nullptr;
    size_t bytes = 0;
    for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
      if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER)
        data = extra[1];
      else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE)
        bytes = *static_cast<size_t *>(extra[1]);
      else
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (bytes > buffer.size() || (bytes && !data))
      return CUDA_ERROR_INVALID_VALUE;
    if (bytes)
      std::memcpy(buffer.data(), data, bytes);
    return CUDA_SUCCESS;
  }
  if (!parameters && !program.parameterOffsets.empty())
    return CUDA_ERROR_INVALID_VALUE;
  for (size_t i = 0; i < program.parameterOffsets.size(); ++i)
    std::memcpy(buffer.data() + program.parameterOffsets[i], parameters[i],
                program.parameterSizes[i]);
  return CUDA_SUCCESS;
}

CUresult checkShape(const CUlaunchConfig &config, const CUfunc_st &function,
                    const uint32_t *cluster) {
  const ptx::Function &entry = *function.program->entry;
  uint64_t threads =
      uint64_t(config.blockDimX) * config.blockDimY * config.blockDimZ;
  if (!config.gridDimX || !config.gridDimY || !config.gridDimZ || !threads ||
      config.gridDimY > 65535 || config.gridDimZ > 65535 ||
      config.gridDimX > 0x7fffffff || config.blockDimZ > 64)
    return CUDA_ERROR_INVALID_VALUE;
  if (threads > 1024)
    return CUDA_ERROR_INVALID_VALUE;
  const uint32_t block[3] = {config.blockDimX, config.blockDimY,
                             config.blockDimZ};
  const uint32_t grid[3] = {config.gridDimX, config.gridDimY, config.gridDimZ};
  if (entry.requiredThreads[0] &&
      !std::equal(block, block + 3, entry.requiredThreads.begin()))
    return CUDA_ERROR_INVALID_VALUE;
  if (entry.maximalThreads[0] && threads > uint64_t(entry.maximalThreads[0]) *
                                               entry.maximalThreads[1] *
                                               entry.maximalThreads[2])
    return CUDA_ERROR_INVALID_VALUE;
  uint32_t size = cluster[0] * cluster[1] * cluster[2];
  if (size == 0 || size > (function.nonPortableCluster ? 16u : 8u))
    return CUDA_ERROR_INVALID_CLUSTER_SIZE;
  for (int axis = 0; axis < 3; ++axis)
    if (grid[axis] % cluster[axis])
      return CUDA_ERROR_INVALID_CLUSTER_SIZE;
  if (config.sharedMemBytes > function.maxDynamicShared)
    return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                          void **parameters, void **extra) {
  QUANTC_ENTER(state);
  if (!config || (config->numAttrs && !config->attrs))
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.hasFunction(function))
    return CUDA_ERROR_INVALID_HANDLE;
  const Program &program = *function->program;
  uint32_t cluster[3] = {1, 1, 1};
  const auto &required = program.entry->clusterShape;
  if (required[0])
    std::copy(required.begin(), required.end(), cluster);
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const CUlaunchAttribute &attribute = config->attrs[i];
    if (attribute.id != CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
      continue;
    const auto &shape = attribute.value.clusterDim;
    if (required[0] && (shape.x != required[0] || shape.y != required[1] ||
                        shape.z != required[2]))
      return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    cluster[0] = shape.x;
    cluster[1] = shape.y;
    cluster[2] = shape.z;
  }
  CUresult result = checkShape(*config, *function, cluster);
  std::vector<char> buffer;
  if (result == CUDA_SUCCESS)
    result = copyParameters(program, parameters, extra, buffer);
  if (result != CUDA_SUCCESS)
    return result;
  CUlaunchConfig shape = *config;
  return state.submit(config->hStream, [=, &state, &program] {
    Launch launch;
    launch.program = &program;
    launch.parameters = buffer;
    launch.dynamicShared = shape.sharedMemBytes;
    uint32_t grid[3] = {shape.gridDimX, shape.gridDimY, shape.gridDimZ};
    uint32_t block[3] = {shape.blockDimX, shape.blockDimY, shape.blockDimZ};
    for (int axis = 0; axis < 3; ++axis) {
      launch.grid[axis] = grid[axis];
      launch.block[axis] = block[axis];
      launch.cluster[axis] = cluster[axis];
    }
    return execute(state, launch);
  });
}

CUresult cuLaunchKernel(CUfunction function, unsigned int gridX,
                        unsigned int gridY, unsigned int gridZ,
                        unsigned int blockX, unsigned int blockY,
                        unsigned int blockZ, unsigned int sharedBytes,
                        CUstream stream, void **parameters, void **extra) {
  CUlaunchConfig config = {};
  config.gridDimX = gridX;
  config.gridDimY = gridY;
  config.gridDimZ = gridZ;
  config.blockDimX = blockX;
  config.blockDimY = blockY;
  config.blockDimZ = blockZ;
  config.sharedMemBytes = sharedBytes;
  config.hStream = stream;
  return cuLaunchKernelEx(&config, function, parameters, extra);
}
