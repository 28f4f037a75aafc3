//===- Module.cpp - modules and functions ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FatBinary.h"
#include "Mutation.h"
#include "State.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

using namespace quantc::emulator;

CUmod_st::~CUmod_st() {
  for (const auto &symbol : symbols)
    DriverState::get().memory.release(symbol.second);
}

/// Gives the module's .global and .const variables their memory and values.
static void placeVariables(CUmod_st &module, DeviceMemory &memory) {
  auto place = [&](const ptx::Variable &variable) {
    if (variable.space != ptx::Space::Global &&
        variable.space != ptx::Space::Const)
      return;
    if (variable.isExtern)
      throw ptx::Error(variable.line,
                       "undefined external variable '" + variable.name + "'");
    bool isConstant = variable.space == ptx::Space::Const;
    module.symbols[variable.name] =
        memory.allocate(variable.bytes(), isConstant);
  };
  auto initialize = [&](const ptx::Variable &variable) {
    auto symbol = module.symbols.find(variable.name);
    if (symbol == module.symbols.end())
      return;
    char *to = reinterpret_cast<char *>(symbol->second);
    std::memset(to, 0, variable.bytes());
    unsigned size = sizeOf(variable.type);
    if (variable.initializers.size() > variable.count)
      throw ptx::Error(variable.line,
                       "expected at most " + std::to_string(variable.count) +
                           " initial values of " + variable.name);
    for (const ptx::Variable::Initializer &initializer :
         variable.initializers) {
      uint64_t value = initializer.value;
      if (!initializer.symbol.empty()) {
        auto target = module.symbols.find(initializer.symbol);
        if (target == module.symbols.end())
          throw ptx::Error(variable.line,
                           "expected a variable as initial value, but got '" +
                               initializer.symbol + "'");
        value += target->second;
        if (initializer.byteMask != ~0u)
          value >>= __builtin_ctz(initializer.byteMask | 0x80000000);
      }
      std::memcpy(to, &value, std::min(size, 8u));
      to += size;
    }
  };
  for (const ptx::Variable &variable : module.parsed.variables)
    place(variable);
  for (const ptx::Function &function : module.parsed.functions)
    for (const ptx::Variable &variable : function.variables)
      place(variable);
  for (const ptx::Variable &variable : module.parsed.variables)
    initialize(variable);
  for (const ptx::Function &function : module.parsed.functions)
    for (const ptx::Variable &variable : function.variables)
      initialize(variable);
}

/// ".target sm_90a" runs on a device of that capability alone, "sm_80" on it
/// and all later ones.
static void checkTarget(const ptx::Module &module, unsigned architecture) {
  const std::string &target = module.target;
  if (target.compare(0, 3, "sm_") != 0)
    throw ptx::Error(1, "expected a .target sm_NN, but got '" + target + "'");
  unsigned wanted = static_cast<unsigned>(std::atoi(target.c_str() + 3));
  char suffix = target.back();
  bool exact = suffix == 'a', family = suffix == 'f';
  if (wanted > architecture || (exact && wanted != architecture) ||
      (family && wanted / 10 != architecture / 10))
    throw ptx::Error(1, "the module is for " + target +
                            ", but the device is sm_" +
                            std::to_string(architecture));
}

/// The text without the instruction that option `mutate` names, if it is in
/// this module; says which that is.
static std::string mutated(std::string text, DriverState &state) {
  auto mutations = mutationsOf(text);
  uint64_t index = state.options.mutate - state.mutationsSeen;
  state.mutationsSeen += mutations.size();
  if (index >= mutations.size())
    return text;
  const Mutation &mutation = mutations[index];
  std::fprintf(stderr, "quantc emulator: mutation %" PRIu64 ": line %d: %s\n",
               state.options.mutate, mutation.line,
               mutation.original(text).c_str());
  return mutation.apply(text);
}

static std::unique_ptr<CUmod_st> load(const char *text, DriverState &state) {
  auto module = std::make_unique<CUmod_st>();
  module->parsed = ptx::parse(text);
  checkTarget(module->parsed, state.options.architecture);
  placeVariables(*module, state.memory);
  for (const ptx::Function &function : module->parsed.functions)
    if (function.isEntry && function.hasBody) {
      ProgramDecoder decoder(module->parsed, module->symbols);
      auto result = std::make_unique<CUfunc_st>();
      result->program = decoder.decode(function);
      module->functions[function.name] = std::move(result);
    }
  return module;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image,
                            unsigned int count, int *options, void **values) {
  QUANTC_ENTER(state);
  if (!module || !image)
    return CUDA_ERROR_INVALID_VALUE;
  std::string extracted;
  if (std::strncmp(static_cast<const char *>(image),
                   "\x7f"
                   "ELF",
                   4) == 0) {
    state.setReport("expected PTX, but got a cubin\n");
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  if (isFatBinary(image)) {
    std::string error;
    if (!extractPtx(image, state.options.architecture, extracted, error)) {
      state.setReport(error + "\n");
      return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    image = extracted.c_str();
  }
  try {
    std::string mutant;
    if (state.options.mutate != Options::noMutation) {
      mutant = mutated(static_cast<const char *>(image), state);
      image = mutant.c_str();
    }
    std::unique_ptr<CUmod_st> loaded =
        load(static_cast<const char *>(image), state);
    *module = loaded.release();
    state.modules.insert(*module);
    state.report.clear();
    return CUDA_SUCCESS;
  } catch (const ptx::Error &error) {
    state.setReport(std::string("PTX ") + error.what() + "\n");
  }
  for (unsigned i = 0; i < count; ++i)
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
      for (unsigned j = 0; j < count; ++j)
        if (options[j] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
          size_t size = reinterpret_cast<size_t>(values[j]) & 0xffffffff;
          if (size)
            std::snprintf(static_cast<char *>(values[i]), size, "%s",
                          state.report.c_str());
        }
  return CUDA_ERROR_INVALID_PTX;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

CUresult cuModuleUnload(CUmodule module) {
  QUANTC_ENTER(state);
  if (!state.modules.erase(module))
    return CUDA_ERROR_INVALID_HANDLE;
  delete module;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                             const char *name) {
  QUANTC_ENTER(state);
  if (!function || !name)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.modules.count(module))
    return CUDA_ERROR_INVALID_HANDLE;
  auto found = module->functions.find(name);
  if (found == module->functions.end())
    return CUDA_ERROR_NOT_FOUND;
  *function = found->second.get();
  return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes,
                              CUmodule module, const char *name) {
  QUANTC_ENTER(state);
  if (!name)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.modules.count(module))
    return CUDA_ERROR_INVALID_HANDLE;
  auto found = module->symbols.find(name);
  if (found == module->symbols.end())
    return CUDA_ERROR_NOT_FOUND;
  if (address)
    *address = found->second;
  if (bytes)
    *bytes = state.memory.find(found->second)->size;
  return CUDA_SUCCESS;
}

static unsigned largestBlock(const ptx::Function &entry) {
  for (const auto &limits : {entry.requiredThreads, entry.maximalThreads})
    if (limits[0])
      return std::min(limits[0] * limits[1] * limits[2], 1024u);
  return 1024;
}

CUresult cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
  QUANTC_ENTER(state);
  if (!value)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.hasFunction(function))
    return CUDA_ERROR_INVALID_HANDLE;
  const Program &program = *function->program;
  const ptx::Function &entry = *program.entry;
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    *value = static_cast<int>(largestBlock(entry));
    break;
  case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    *value = static_cast<int>(program.staticShared);
    break;
  case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    *value = static_cast<int>(program.functions[0]->localBytes);
    break;
  case CU_FUNC_ATTRIBUTE_NUM_REGS: // what the PTX declares, not what ptxas
                                   // needs
    *value = static_cast<int>(std::min(program.registerCount, 255u));
    break;
  case CU_FUNC_ATTRIBUTE_PTX_VERSION:
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    *value = static_cast<int>(state.options.architecture);
    break;
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    *value = static_cast<int>(function->maxDynamicShared);
    break;
  case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    *value = entry.explicitCluster && !entry.clusterShape[0];
    break;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    *value = static_cast<int>(
        entry.clusterShape[attribute -
                           CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH]);
    break;
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    *value = function->nonPortableCluster;
    break;
  default:
    *value = 0;
    break;
  }
  return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  QUANTC_ENTER(state);
  if (!state.hasFunction(function))
    return CUDA_ERROR_INVALID_HANDLE;
  if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
    int limit = 0;
    cuDeviceGetAttribute(
        &limit, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 0);
    if (value < 0 ||
        value + static_cast<int>(function->program->staticShared) > limit)
      return CUDA_ERROR_INVALID_VALUE;
    function->maxDynamicShared = static_cast<uint32_t>(value);
  } else if (attribute == CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED) {
    function->nonPortableCluster = value != 0;
  } else if (attribute != CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

/// Bounded by threads, CTAs and shared memory; registers are not known.
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                     CUfunction function,
                                                     int blockSize,
                                                     size_t dynamicShared) {
  QUANTC_ENTER(state);
  if (!blocks || blockSize <= 0 || blockSize > 1024)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.hasFunction(function))
    return CUDA_ERROR_INVALID_HANDLE;
  int threads = 0, count = 0, shared = 0;
  cuDeviceGetAttribute(&threads,
                       CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 0);
  cuDeviceGetAttribute(&count,
                       CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 0);
  cuDeviceGetAttribute(
      &shared, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 0);
  size_t each =
      function->program->staticShared + dynamicShared + reservedShared;
  *blocks = std::min(
      {threads / ((blockSize + 31) / 32 * 32), count, int(shared / each)});
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveClusters(int *clusters, CUfunction function,
                                      const CUlaunchConfig *config) {
  QUANTC_ENTER(state);
  if (!clusters || !config)
    return CUDA_ERROR_INVALID_VALUE;
  int perSm = 0, size = 1;
  CUresult result = cuOccupancyMaxActiveBlocksPerMultiprocessor(
      &perSm, function,
      int(config->blockDimX * config->blockDimY * config->blockDimZ),
      config->sharedMemBytes);
  for (unsigned i = 0; i < config->numAttrs; ++i)
    if (config->attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) {
      const auto &shape = config->attrs[i].value.clusterDim;
      size = int(shape.x * shape.y * shape.z);
    }
  *clusters = size > 0 ? perSm * 132 / size : 0;
  return result;
}
