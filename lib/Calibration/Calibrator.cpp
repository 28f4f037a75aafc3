//===- Calibrator.cpp - run an annotated model over data ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/Calibrator.h"
#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Dialect/QNN/Transforms/Passes.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

thread_local Calibrator *Calibrator::running = nullptr;

void Calibrator::observe(int64_t observer, const float *tensor, int64_t outer,
                         int64_t inner) {
  running->statistics.observers[observer].statistics.update(tensor, outer,
                                                            inner);
}

void Calibrator::observeMasked(int64_t observer, const float *tensor,
                               int64_t outer, int64_t inner,
                               const int8_t *kept) {
  running->statistics.observers[observer].statistics.update(tensor, kept, outer,
                                                            inner);
}

llvm::Expected<DataSpec> quantc::getDataSpec(const TensorSpec &spec) {
  SmallVector<int64_t> shape(spec.shape.begin(), spec.shape.end());
  if (spec.dtype == "i4") {
    // Samples lie along the first axis: two in a byte have to be neighbours.
    if (shape.empty() || shape.back() % 2 != 0)
      return llvm::createStringError(
          "expected an even last dimension of '" + spec.name +
          "', whose i4 elements data files hold two in a byte, but got " +
          (shape.empty() ? "none" : std::to_string(shape.back())));
    shape.back() /= 2;
    return DataSpec{spec.name, DType::U8, shape};
  }
  std::optional<DType> dtype = parseDType(StringRef(spec.dtype).upper());
  if (!dtype)
    return llvm::createStringError(
        "expected a type that data files hold for '" + spec.name +
        "', but got " + spec.dtype);
  return DataSpec{spec.name, *dtype, shape};
}

/// The module's observers, in the order in which qnn-lower-observers numbers
/// them.
static std::vector<ObserverRecord> collectObservers(ModuleOp module) {
  std::vector<ObserverRecord> records;
  module.walk([&](qnn::ObserveOp op) {
    ObserverRecord record;
    record.name = op.getName().str();
    ArrayRef<int64_t> shape = op.getInput().getType().getShape();
    if (std::optional<uint64_t> axis = op.getAxis()) {
      record.axis = *axis;
      record.statistics = Statistics(shape[*axis]);
    }
    if (std::optional<uint64_t> head = op.getHead()) {
      record.head = *head;
      record.statistics.setHeads(
          shape[*head],
          ShapedType::getNumElements(shape.drop_front(*head + 1)));
    }
    records.push_back(std::move(record));
  });
  return records;
}

FailureOr<std::unique_ptr<Calibrator>> Calibrator::create(ModuleOp module,
                                                          StringRef mask,
                                                          bool keepBatches,
                                                          int64_t sampleRows) {
  auto fingerprint =
      module->getAttrOfType<StringAttr>(qnn::kFingerprintAttrName);
  if (!fingerprint)
    return module.emitError() << "expected a '" << qnn::kFingerprintAttrName
                              << "' attribute on the module; run qnn-annotate";
  std::unique_ptr<Calibrator> calibrator(new Calibrator());
  calibrator->statistics.fingerprint = fingerprint.str();
  calibrator->statistics.observers = collectObservers(module);
  for (ObserverRecord &record : calibrator->statistics.observers) {
    record.statistics.setKeepsBatches(keepBatches);
    if (record.axis)
      record.statistics.rows = RowSample(sampleRows);
  }

  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(qnn::createQNNLowerObserversPass({mask.str()}));
  if (failed(pm.run(*copy)))
    return failure();
  HostSymbol callbacks[] = {
      {qnn::kObserveCallbackName.str(),
       reinterpret_cast<void *>(&Calibrator::observe)},
      {qnn::kObserveMaskedCallbackName.str(),
       reinterpret_cast<void *>(&Calibrator::observeMasked)}};
  FailureOr<std::unique_ptr<Executable>> executable =
      Executable::compile(*copy, callbacks);
  if (failed(executable))
    return failure();
  calibrator->executable = std::move(*executable);
  calibrator->entry = calibrator->executable->lookup("main");
  if (!calibrator->entry)
    return module.emitError() << "expected a public function 'main'";
  auto describe = [&](ArrayRef<TensorSpec> tensors,
                      std::vector<DataSpec> &specs) -> LogicalResult {
    for (const TensorSpec &tensor : tensors) {
      llvm::Expected<DataSpec> spec = getDataSpec(tensor);
      if (!spec)
        return module.emitError() << llvm::toString(spec.takeError());
      specs.push_back(std::move(*spec));
    }
    return success();
  };
  if (failed(describe(calibrator->entry->inputs, calibrator->inputs)) ||
      failed(describe(calibrator->entry->outputs, calibrator->outputs)))
    return failure();
  return calibrator;
}

namespace {
/// Memory for tensors, aligned for any vector load.
class Buffers {
public:
  void add(int64_t bytes) {
    constexpr size_t alignment = 64;
    auto &buffer = storage.emplace_back(bytes + alignment);
    auto address = reinterpret_cast<uintptr_t>(buffer.data());
    pointers.push_back(buffer.data() +
                       (llvm::alignTo(address, alignment) - address));
  }

  std::vector<void *> pointers;

private:
  std::vector<std::vector<char>> storage;
};
} // namespace

llvm::Error Calibrator::resume(const StatisticsFile &earlier) {
  return statistics.merge(earlier);
}

llvm::Error Calibrator::run(const DataSet &data,
                            llvm::function_ref<void(int64_t, int64_t)> progress,
                            int64_t firstBatch) {
  Buffers inputBuffers, outputBuffers;
  for (const DataSpec &input : inputs)
    inputBuffers.add(input.getNumBytes());
  for (const TensorSpec &output : entry->outputs)
    outputBuffers.add(output.getBytes());
  SmallVector<const void *> inputPointers(inputBuffers.pointers.begin(),
                                          inputBuffers.pointers.end());

  Calibrator *outer = std::exchange(running, this);
  llvm::scope_exit restore([&] { running = outer; });
  for (int64_t batch = firstBatch; batch < data.getNumBatches(); ++batch) {
    data.copyBatch(batch, inputBuffers.pointers);
    data.findNonFinite(inputBuffers.pointers,
                       [&](StringRef input, int64_t count) {
                         NonFinite &entry = nonFinite[input.str()];
                         if (entry.count == 0)
                           entry.firstSample = statistics.samples;
                         entry.count += count;
                       });
    if (llvm::Error error =
            executable->run(*entry, inputPointers, outputBuffers.pointers))
      return error;
    data.carryStates(inputBuffers.pointers, outputBuffers.pointers);
    statistics.samples += data.getBatchSize();
    if (progress)
      progress(batch + 1, data.getNumBatches());
  }
  return llvm::Error::success();
}
