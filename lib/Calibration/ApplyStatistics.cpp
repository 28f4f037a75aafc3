//===- ApplyStatistics.cpp - statistics into IR ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/ApplyStatistics.h"
#include "quantc/Calibration/QuantizationParameters.h"
#include "quantc/Parameters/ConstantTensor.h"

#include "llvm/ADT/StringSet.h"
#include <cstring>

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
  int64_t tokens = record->statistics.tokens.size();
  int64_t vectors =
      channels ? op.getInput().getType().getNumElements() / channels : 0;
  if (tokens != 0 && tokens != vectors)
    return op.emitOpError() << "expected ranges of " << vectors
                            << " tokens, but '" << path << "' has " << tokens;
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

/// Rows are an attribute of their own: they are a resource, and not what the
/// estimators look at.
static void setRows(ObserveOp op, const RowSample &rows) {
  op->removeAttr(kRowsAttrName);
  if (rows.size() == 0)
    return;
  std::vector<float> values = rows.getValues();
  auto type =
      RankedTensorType::get({rows.size(), int64_t(values.size()) / rows.size()},
                            Float32Type::get(op.getContext()));
  op->setAttr(kRowsAttrName,
              makeConstantTensor(type, (op.getName() + ".rows").str(),
                                 [&](MutableArrayRef<char> bytes) {
                                   std::memcpy(bytes.data(), values.data(),
                                               bytes.size());
                                 }));
}

/// So are means: the sums are exact where they are merged, and nobody merges
/// attributes.
static void setMeanMagnitudes(ObserveOp op, ArrayRef<Magnitudes> magnitudes) {
  op->removeAttr(kMeanMagnitudesAttrName);
  if (magnitudes.empty())
    return;
  SmallVector<double> means;
  for (const Magnitudes &entry : magnitudes)
    means.push_back(entry.getMean());
  op->setAttr(kMeanMagnitudesAttrName,
              DenseF64ArrayAttr::get(op.getContext(), means));
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
  for (auto [op, record] : matches) {
    op.setStatisticsAttr(toAttribute(record->statistics, module.getContext()));
    setRows(op, record->statistics.rows);
    setMeanMagnitudes(op, record->statistics.magnitudes);
  }
  return success();
}
