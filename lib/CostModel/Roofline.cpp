//===- Roofline.cpp - what arithmetic and traffic take --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/Roofline.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <limits>

using namespace mlir;
using namespace quantc;
using quantc::qnn::TargetAttr;

double quantc::getRate(TargetAttr target, Precision precision) {
  switch (precision) {
  case Precision::Int8:
    return target.getInt8().getValueAsDouble();
  case Precision::FP8:
    return target.getFp8().getValueAsDouble();
  case Precision::F16:
    return target.getF16().getValueAsDouble();
  case Precision::F32:
    return target.getF32().getValueAsDouble();
  }
  return 0;
}

double quantc::getRidge(TargetAttr target, Precision precision) {
  return getRate(target, precision) / target.getBandwidth().getValueAsDouble();
}

double quantc::estimateSeconds(const Work &work, Precision precision,
                               TargetAttr target) {
  double rate = getRate(target, precision);
  if (rate == 0)
    return std::numeric_limits<double>::infinity();
  return std::max(work.operations / rate,
                  work.bytes / target.getBandwidth().getValueAsDouble());
}

namespace {
/// Rates in 10^12 operations per second, bandwidth in 10^12 bytes per second.
struct KnownTarget {
  StringRef name;
  double int8, fp8, f16, f32, bandwidth;
};
} // namespace

/// Dense peaks from NVIDIA's data sheets of the SXM boards (the L40S is PCIe).
static constexpr KnownTarget kKnownTargets[] = {
    {"a100", 624, 0, 312, 19.5, 2.039},
    {"l40s", 733, 733, 362, 91.6, 0.864},
    {"h100", 1979, 1979, 989.4, 66.9, 3.35},
    {"h200", 1979, 1979, 989.4, 66.9, 4.8},
    {"b200", 4500, 4500, 2250, 75, 8},
};

llvm::Expected<TargetAttr> quantc::resolveTarget(StringRef nameOrFile,
                                                 MLIRContext *context) {
  context->loadDialect<qnn::QNNDialect>();
  Builder builder(context);
  for (const KnownTarget &known : kKnownTargets) {
    if (known.name != nameOrFile)
      continue;
    auto rate = [&](double value) {
      return builder.getF64FloatAttr(value * 1e12);
    };
    return TargetAttr::get(context, builder.getStringAttr(known.name),
                           rate(known.int8), rate(known.fp8), rate(known.f16),
                           rate(known.f32), rate(known.bandwidth));
  }
  auto buffer = llvm::MemoryBuffer::getFile(nameOrFile, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(
        "expected a target " +
        llvm::join(llvm::map_range(kKnownTargets,
                                   [](const KnownTarget &known) {
                                     return known.name.str();
                                   }),
                   ", ") +
        " or a file that describes one, but got '" + nameOrFile + "'");
  std::string message;
  ScopedDiagnosticHandler handler(
      context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
  auto target = dyn_cast_or_null<TargetAttr>(
      parseAttribute((*buffer)->getBuffer().trim(), context));
  if (!target)
    return llvm::createStringError(
        nameOrFile + ": expected one '#qnn.target<...>'" +
        (message.empty() ? std::string() : ", but got: " + message));
  return target;
}
