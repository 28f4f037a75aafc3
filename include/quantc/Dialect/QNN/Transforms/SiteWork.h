//===- SiteWork.h - the size of a site for the cost model -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QNN_TRANSFORMS_SITEWORK_H
#define QUANTC_DIALECT_QNN_TRANSFORMS_SITEWORK_H

#include "quantc/CostModel/SiteCost.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc::qnn {

/// The work of a site in linalg with float operands; nullopt where a size is
/// dynamic.
std::optional<SiteWork> getSiteWork(mlir::linalg::LinalgOp site);

} // namespace quantc::qnn

#endif // QUANTC_DIALECT_QNN_TRANSFORMS_SITEWORK_H
