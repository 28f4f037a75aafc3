//===- ApplyStatistics.cpp - statistics into IR ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Calibration/QuantizationParameters.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qnn;

static LogicalResult
checkFingerprint(ModuleOp module, const StatisticsFile &file, StringRef path) {
  auto fingerprint = module->getAttrOfType<StringAttr>(kFingerprintAttrName);
  if (!fingerprint)
    return module.emitError() << "expected a '" << kFingerprintAttrName
                              << "' attribute on the module; run qnn-annotate";
  if (fingerprint.getValue() != file.fingerprint)
    return module.emitError()
           << "expected statistics of this model, whose fingerprint is "
           << fingerprint.getValue() << ", but '" << path
           << "' has those of model " << file.fingerprint
           << "; calibrate this model";
  return success();
}

static LogicalResult checkObserver(ObserveOp op, const ObserverRecord *record,
                                   StringRef path) {
  if (!record)
    return op.emitOpError()
           << "expected statistics of observer '" << op.getName() << "', but '"
           << path << "' has none";
  std::optional<int64_t> axis;
  if (IntegerAttr attribute = op.getAxisAttr())
    axis = attribute.getInt();
  int64_t channels = axis ? op.getInput().getType().getDimSize(*axis) : 0;
  if (record->axis != axis ||
      int64_t(record->statistics.channels.size()) != channels)
    return op.emitOpError()
           << "expected statistics of " << channels << " channels along axis "
           << axis.value_or(-1) << ", but '" << path << "' has "
           << record->statistics.channels.size() << " channels along axis "
           << record->axis.value_or(-1);
  std::optional<int64_t> head;
  if (IntegerAttr attribute = op.getHeadAttr())
    head = attribute.getInt();
  int64_t heads = head ? op.getInput().getType().getDimSize(*head) : 0;
  if (record->head != head || int64_t(record->statistics.heads.size()) != heads)
    return op.emitOpError()
           << "expected statistics of " << heads << " heads along dimension "
           << head.value_or(-1) << ", but '" << path << "' has "
           << record->statistics.heads.size() << " heads along dimension "
           << record->head.value_or(-1);
  return success();
}

LogicalResult quantc::applyStatistics(ModuleOp module,
                                      const StatisticsFile &file,
                                      StringRef path) {
  if (failed(checkFingerprint(module, file, path)))
    return failure();
  SmallVector<std::pair<ObserveOp, const ObserverRecord *>> matches;
  llvm::StringSet<> names;
  WalkResult result = module.walk([&](ObserveOp op) -> WalkResult {
    names.insert(op.getName());
    matches.emplace_back(op, file.lookup(op.getName()));
    return checkObserver(op, matches.back().second, path);
  });
  if (result.wasInterrupted())
    return failure();
  for (const ObserverRecord &record : file.observers)
    if (!names.contains(record.name))
      return module.emitError()
             << "expected statistics of this module's observers alone, but '"
             << path << "' has some of '" << record.name << "'";
  for (auto [op, record] : matches)
    op.setStatisticsAttr(toAttribute(record->statistics, module.getContext()));
  return success();
}
