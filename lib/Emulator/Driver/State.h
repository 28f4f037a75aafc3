//===- State.h - what the driver's handles stand for ------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_DRIVER_STATE_H
#define QUANTC_EMULATOR_DRIVER_STATE_H

#include "quantc/Emulator/CudaDriver.h"

#include "../Decode/Decoder.h"
#include "../Machine/Launch.h"

#include <chrono>
#include <functional>
#include <set>
#include <tuple>

/// A kernel of a module.
struct CUfunc_st {
  std::unique_ptr<quantc::emulator::Program> program;
  uint32_t maxDynamicShared = 48 * 1024;
  bool nonPortableCluster = false;
};

struct CUmod_st {
  quantc::emulator::ptx::Module parsed;
  quantc::emulator::SymbolAddresses symbols;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
  ~CUmod_st();
};

/// A recorded piece of work.
struct CUgraphNode_st {
  std::function<CUresult()> run;
};

struct CUgraph_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

struct CUgraphExec_st {
  std::vector<std::shared_ptr<CUgraphNode_st>> nodes;
};

struct CUstream_st {
  std::unique_ptr<CUgraph_st> capture; ///< set while capturing
};

struct CUevent_st {
  bool recorded = false;
  std::chrono::steady_clock::time_point time;
};

struct CUctx_st {};

namespace quantc::emulator {

/// One device, one context, one heap: there is nothing to gain from several.
struct DriverState {
  std::recursive_mutex mutex; ///< held by every entry point
  bool initialized = false;
  Options options;
  bool print = true; ///< reports also go to the standard error stream
  DeviceMemory memory;
  CUctx_st context;
  std::string report, counts, configureError;
  /// Of all launches since they were asked for: by kernel, PTX line, and what
  /// is said of the instruction.
  std::map<std::tuple<std::string, int, std::string>, AccessCount> accesses;
  /// Whether the options come from the environment: the program does not know
  /// of the emulator, so what it would ask for is told when it ends.
  bool tellAtExit = false;
  uint64_t instructions = 0;
  uint64_t mutationsSeen = 0; ///< of the modules loaded since configured
  /// Error of a launch that no synchronisation has returned yet.
  CUresult pending = CUDA_SUCCESS;

  std::set<CUmodule> modules;
  std::set<CUstream> streams;
  std::set<CUevent> events;
  std::set<CUgraph> graphs;
  std::set<CUgraphExec> executables;

  static DriverState &get();
  /// Sets the report and prints it.
  void setReport(const std::string &text);
  void countAccesses(const Launch &launch);
  /// A line for each instruction.
  std::string describeAccesses() const;
  bool hasFunction(CUfunction function) const;
  bool hasStream(CUstream stream) const;
  /// Runs the work now, or records it if the stream captures.
  CUresult submit(CUstream stream, std::function<CUresult()> work);
};

/// Begins an entry point: locks, and demands cuInit.
#define QUANTC_ENTER(state)                                                    \
  DriverState &state = DriverState::get();                                     \
  std::lock_guard<std::recursive_mutex> lock(state.mutex);                     \
  if (!state.initialized)                                                      \
  return CUDA_ERROR_NOT_INITIALIZED

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_DRIVER_STATE_H
