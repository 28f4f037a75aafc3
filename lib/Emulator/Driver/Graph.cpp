//===- Graph.cpp - graphs of recorded work --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nodes run in the order in which they were added, which respects every
// dependency: a dependency must have been added before.
//
//===----------------------------------------------------------------------===//

#include "State.h"

#include <algorithm>

using namespace quantc::emulator;

CUresult cuGraphCreate(CUgraph *graph, unsigned int) {
  QUANTC_ENTER(state);
  if (!graph)
    return CUDA_ERROR_INVALID_VALUE;
  *graph = new CUgraph_st;
  state.graphs.insert(*graph);
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
  QUANTC_ENTER(state);
  if (!state.graphs.erase(graph))
    return CUDA_ERROR_INVALID_HANDLE;
  delete graph;
  return CUDA_SUCCESS;
}

CUresult cuGraphAddKernelNode_v2(CUgraphNode *node, CUgraph graph,
                                 const CUgraphNode *dependencies, size_t count,
                                 const CUDA_KERNEL_NODE_PARAMS_v2 *parameters) {
  QUANTC_ENTER(state);
  if (!node || !parameters || (count && !dependencies))
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.graphs.count(graph))
    return CUDA_ERROR_INVALID_HANDLE;
  for (size_t i = 0; i < count; ++i)
    if (std::none_of(
            graph->nodes.begin(), graph->nodes.end(),
            [&](const auto &each) { return each.get() == dependencies[i]; }))
      return CUDA_ERROR_INVALID_VALUE;
  // A launch into a capturing stream checks and copies the arguments.
  CUstream_st stream;
  stream.capture = std::make_unique<CUgraph_st>();
  state.streams.insert(&stream);
  CUresult result = cuLaunchKernel(
      parameters->func, parameters->gridDimX, parameters->gridDimY,
      parameters->gridDimZ, parameters->blockDimX, parameters->blockDimY,
      parameters->blockDimZ, parameters->sharedMemBytes, &stream,
      parameters->kernelParams, parameters->extra);
  state.streams.erase(&stream);
  if (result != CUDA_SUCCESS)
    return result;
  graph->nodes.push_back(stream.capture->nodes.front());
  *node = graph->nodes.back().get();
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph,
                                     unsigned long long) {
  QUANTC_ENTER(state);
  if (!executable)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.graphs.count(graph))
    return CUDA_ERROR_INVALID_HANDLE;
  *executable = new CUgraphExec_st;
  (*executable)->nodes = graph->nodes;
  state.executables.insert(*executable);
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  QUANTC_ENTER(state);
  if (!state.executables.erase(executable))
    return CUDA_ERROR_INVALID_HANDLE;
  delete executable;
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  QUANTC_ENTER(state);
  if (!state.executables.count(executable))
    return CUDA_ERROR_INVALID_HANDLE;
  auto nodes = executable->nodes;
  return state.submit(stream, [nodes] {
    for (const auto &node : nodes) {
      CUresult result = node->run();
      if (result != CUDA_SUCCESS)
        return result;
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count) {
  QUANTC_ENTER(state);
  if (!count)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.graphs.count(graph))
    return CUDA_ERROR_INVALID_HANDLE;
  if (nodes)
    for (size_t i = 0; i < std::min(*count, graph->nodes.size()); ++i)
      nodes[i] = graph->nodes[i].get();
  *count = graph->nodes.size();
  return CUDA_SUCCESS;
}
