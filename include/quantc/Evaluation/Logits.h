//===- Logits.h - the output that is measured -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EVALUATION_LOGITS_H
#define QUANTC_EVALUATION_LOGITS_H

#include "quantc/Evaluation/DataSet.h"

namespace quantc {

/// Returns the index of the output with the logits: the one of that name, or,
/// where `name` is empty, 'logits', or the only one. Fails unless it is f32
/// with two or more dimensions, of which the last, the classes, is not empty.
llvm::Expected<size_t> findLogits(llvm::ArrayRef<DataSpec> outputs,
                                  llvm::StringRef name);

} // namespace quantc

#endif // QUANTC_EVALUATION_LOGITS_H
