//===- Roofline.h - what this machine can do --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_ROOFLINE_H
#define QUANTC_TOOLS_QUANTC_ROOFLINE_H

#include "Tool.h"
#include "quantc/Dialect/QNN/IR/QNNDialect.h"

namespace quantc::tool {

/// Measures the machine with quantc's own kernels on so many threads, and
/// describes it for the cost model: the rates of products of 1024 x 1024 x 1024
/// in i8 and in f32, and the bandwidth of reading memory, each the median of
/// repeated runs. f16 and f8 get the rate of f32, in which the CPU computes
/// them.
llvm::Expected<qnn::TargetAttr> measureRoofline(Tool &tool,
                                                unsigned numThreads);

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_ROOFLINE_H
