//===- Logits.cpp - the output that is measured ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Evaluation/Logits.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace quantc;
using namespace llvm;

Expected<size_t> quantc::findLogits(ArrayRef<DataSpec> outputs,
                                    StringRef name) {
  StringRef wanted = name.empty() ? "logits" : name;
  const DataSpec *found = find_if(
      outputs, [&](const DataSpec &output) { return output.name == wanted; });
  if (found == outputs.end() && name.empty() && outputs.size() == 1)
    found = outputs.begin();
  if (found == outputs.end())
    return createStringError(
        "expected an output '" + wanted + "', but got " +
        join(map_range(outputs, [](auto &o) { return "'" + o.name + "'"; }),
             ", "));
  if (found->dtype != DType::F32 || found->shape.size() < 2 ||
      found->shape.back() == 0)
    return createStringError(
        "expected F32 logits of two or more dimensions in '" + found->name +
        "', but got " + describeTensorType(found->dtype, found->shape));
  return found - outputs.begin();
}
