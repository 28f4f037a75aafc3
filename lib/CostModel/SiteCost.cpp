//===- SiteCost.cpp - what a site takes with a scheme ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/SiteCost.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

/// What two operands of these types are multiplied in. i4 is widened, and i16
/// has no faster unit than float.
static Precision getPrecision(SchemeAttr scheme, int64_t floatBytes) {
  Precision inFloat = floatBytes <= 2 ? Precision::F16 : Precision::F32;
  if (!scheme)
    return inFloat;
  Type lhs = scheme.getLhs().getStorage(), rhs = scheme.getRhs().getStorage();
  if (isa<FloatType>(lhs) && isa<FloatType>(rhs))
    return Precision::FP8;
  if (lhs.isInteger() && rhs.isInteger() && lhs.getIntOrFloatBitWidth() <= 8 &&
      rhs.getIntOrFloatBitWidth() <= 8)
    return Precision::Int8;
  return inFloat;
}

SiteCost quantc::estimateSiteCost(const SiteWork &work, SchemeAttr scheme,
                                  TargetAttr target) {
  constexpr double sumBytes = 4;
  std::array<QuantizationAttr, 2> quantizations;
  if (scheme)
    quantizations = {scheme.getLhs(), scheme.getRhs()};
  double bandwidth = target.getBandwidth().getValueAsDouble();
  SiteCost cost;
  Work contraction;
  contraction.operations = 2.0 * work.macs;
  contraction.bytes = double(work.resultElements) * work.floatBytes;
  for (unsigned number : {0, 1}) {
    const SiteWork::Operand &operand = work.operands[number];
    QuantizationAttr own = quantizations[number];
    QuantizationAttr other = quantizations[1 - number];
    double floatBytes = double(operand.elements) * work.floatBytes;
    double bytes =
        own ? operand.elements * own.getStorage().getIntOrFloatBitWidth() / 8.0
            : floatBytes;
    contraction.bytes += bytes;
    if (operand.constant)
      continue;
    cost.quantize += bytes / bandwidth;
    if (own && own.getDynamic()) {
      // The float values exist after all. A token's range is known while its
      // values are still close; that of a tensor takes a read of its own.
      double reads = own.getGranularity() == Granularity::Tensor ? 2 : 1;
      cost.reduction += (1 + reads) * floatBytes / bandwidth;
    }
    if (own && other && !other.getSymmetric())
      cost.correction += 2 * sumBytes * operand.rows / bandwidth;
  }
  cost.contraction = estimateSeconds(
      contraction, getPrecision(scheme, work.floatBytes), target);
  return cost;
}
