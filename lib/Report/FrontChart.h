//===- FrontChart.h - cost against error ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_REPORT_FRONTCHART_H
#define QUANTC_LIB_REPORT_FRONTCHART_H

#include "Chart.h"
#include "quantc/Report/ModelReport.h"

namespace quantc {

/// The front as a line of points, the choice that was made marked. The front
/// must not be empty.
Chart drawFront(llvm::ArrayRef<FrontReport> front, llvm::StringRef target,
                const std::optional<FrontReport> &chosen);

/// The rules that give a chart its colours and fonts.
llvm::StringRef getChartStyle();

} // namespace quantc

#endif // QUANTC_LIB_REPORT_FRONTCHART_H
