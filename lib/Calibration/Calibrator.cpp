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
#include "llvm/Support/Threading.h"

using namespace mlir;
using namespace quantc;

namespace {
/// Memory for tensors, each aligned for any vector load.
class Buffers {
public:
  void add(int64_t bytes) {
    pointers.push_back(storage.emplace_back(bytes).getPointer());
  }

  std::vector<void *> pointers;

private:
  /// Their bytes stay where they are when the vector grows.
  std::vector<Workspace> storage;
};
} // namespace

/// What one thread runs batches with.
class Calibrator::Worker {
public:
  /// `observers` belong to the first worker's calibrator; others have copies
  /// of their own.
  Worker(const Calibrator &calibrator, ArrayRef<Statistics *> observers)
      : calibrator(calibrator), observers(observers),
        workspace(calibrator.executable->getWorkspaceBytes()) {
    for (const DataSpec &input : calibrator.inputs)
      inputs.add(input.getNumBytes());
    for (const TensorSpec &output : calibrator.entry->outputs)
      outputs.add(output.getBytes());
  }
  Worker(const Calibrator &calibrator, std::vector<Statistics> unseen)
      : Worker(calibrator, ArrayRef<Statistics *>()) {
    empty = own = std::move(unseen);
    for (Statistics &statistics : own)
      observers.push_back(&statistics);
  }

  /// `firstSample` is the number of the first batch's first sample.
  llvm::Error run(const DataSet &data, Share share, int64_t firstSample);

  /// Hands over what was seen to `first`, and forgets it.
  void moveTo(Worker &first);
  /// Hands over the NaN and infinities of inputs.
  void moveTo(NonFiniteInputs &whole);

  Statistics &getObserver(int64_t number) { return *observers[number]; }
  char *getInput(size_t number) {
    return static_cast<char *>(inputs.pointers[number]);
  }

private:
  const Calibrator &calibrator;
  SmallVector<Statistics *> observers;
  /// Statistics that are no calibrator's, and what they begin with.
  std::vector<Statistics> own, empty;
  Buffers inputs, outputs;
  Workspace workspace;
  NonFiniteInputs nonFinite;
};

llvm::Error Calibrator::Worker::run(const DataSet &data, Share share,
                                    int64_t firstSample) {
  SmallVector<const void *> pointers(inputs.pointers.begin(),
                                     inputs.pointers.end());
  Worker *outer = std::exchange(running, this);
  llvm::scope_exit restore([&] { running = outer; });
  for (int64_t batch = share.begin; batch < share.end; ++batch) {
    data.copyBatch(batch, inputs.pointers);
    data.findNonFinite(inputs.pointers, [&](StringRef input, int64_t count) {
      nonFinite[input.str()].append({count, firstSample});
    });
    if (llvm::Error error = calibrator.executable->run(
            *calibrator.entry, pointers, outputs.pointers, workspace))
      return error;
    data.carryStates(inputs.pointers, outputs.pointers);
    firstSample += data.getBatchSize();
  }
  return llvm::Error::success();
}

void Calibrator::Worker::moveTo(Worker &first) {
  for (auto [number, statistics] : llvm::enumerate(own))
    first.getObserver(number).merge(statistics);
  // Keeps the memory.
  own = empty;
}

void Calibrator::Worker::moveTo(NonFiniteInputs &whole) {
  for (const auto &[input, found] : nonFinite)
    whole[input].append(found);
  nonFinite.clear();
}

thread_local Calibrator::Worker *Calibrator::running = nullptr;

Calibrator::Calibrator() = default;
Calibrator::~Calibrator() = default;

void Calibrator::observe(int64_t observer, const float *tensor, int64_t outer,
                         int64_t inner) {
  running->getObserver(observer).update(tensor, outer, inner);
}

void Calibrator::observeMasked(int64_t observer, const float *tensor,
                               int64_t outer, int64_t inner,
                               const int8_t *kept) {
  running->getObserver(observer).update(tensor, kept, outer, inner);
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

static ObserverRecord getRecord(qnn::ObserveOp op,
                                const ObserverOptions &options) {
  ObserverRecord record;
  record.name = op.getName().str();
  Statistics &statistics = record.statistics;
  auto type = cast<RankedTensorType>(op.getInput().getType());
  // qnn-lower-observers refuses others.
  if (!type.hasStaticShape())
    return record;
  ArrayRef<int64_t> shape = type.getShape();
  if (std::optional<uint64_t> axis = op.getAxis()) {
    record.axis = *axis;
    statistics = Statistics(shape[*axis]);
    statistics.setKeepsMagnitudes(options.keepMagnitudes);
    statistics.rows = RowSample(options.sampleRows);
    if (options.keepTokens && shape[*axis] > 0)
      statistics.setKeepsTokens(type.getNumElements() / shape[*axis]);
  }
  if (std::optional<uint64_t> head = op.getHead()) {
    record.head = *head;
    statistics.setHeads(
        shape[*head], ShapedType::getNumElements(shape.drop_front(*head + 1)));
  }
  statistics.setKeepsBatches(options.keepBatches);
  return record;
}

FailureOr<std::unique_ptr<Calibrator>>
Calibrator::create(ModuleOp module, const ObserverOptions &options) {
  auto fingerprint =
      module->getAttrOfType<StringAttr>(qnn::kFingerprintAttrName);
  if (!fingerprint)
    return module.emitError() << "expected a '" << qnn::kFingerprintAttrName
                              << "' attribute on the module; run qnn-annotate";
  std::unique_ptr<Calibrator> calibrator(new Calibrator());
  calibrator->statistics.fingerprint = fingerprint.str();
  // The order in which qnn-lower-observers numbers them.
  module.walk([&](qnn::ObserveOp op) {
    calibrator->statistics.observers.push_back(getRecord(op, options));
  });

  OwningOpRef<ModuleOp> copy = module.clone();
  PassManager pm(module.getContext());
  pm.addPass(qnn::createQNNLowerObserversPass({options.mask}));
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
  calibrator->setThreads(1);
  return calibrator;
}

llvm::Error Calibrator::resume(const StatisticsFile &earlier,
                               const NonFiniteInputs &earlierInputs) {
  for (const auto &[name, found] : earlierInputs)
    if (llvm::none_of(inputs, [&, &name = name](const DataSpec &input) {
          return input.name == name;
        }))
      return llvm::createStringError(
          "expected inputs of the model with NaN or infinities, but got '" +
          name + "'");
  if (llvm::Error error = statistics.merge(earlier))
    return error;
  for (const auto &[name, found] : earlierInputs)
    nonFinite[name].append(found);
  return llvm::Error::success();
}

const StatisticsFile &Calibrator::getStatistics() {
  for (ObserverRecord &record : statistics.observers)
    record.statistics.collectHeads();
  return statistics;
}

ArrayRef<char> Calibrator::getState(size_t input) const {
  return {workers.front()->getInput(input),
          size_t(inputs[input].getNumBytes())};
}

void Calibrator::setState(size_t input, ArrayRef<char> bytes) {
  assert(int64_t(bytes.size()) == inputs[input].getNumBytes() &&
         "expected a state of the input's size");
  llvm::copy(bytes, workers.front()->getInput(input));
}

void Calibrator::setThreads(int64_t count) {
  SmallVector<Statistics *> observers;
  std::vector<Statistics> unseen;
  for (ObserverRecord &record : statistics.observers) {
    observers.push_back(&record.statistics);
    unseen.push_back(record.statistics.makeEmpty());
  }
  workers.clear();
  workers.push_back(std::make_unique<Worker>(*this, observers));
  while (int64_t(workers.size()) < count)
    workers.push_back(std::make_unique<Worker>(*this, unseen));
  pool.reset();
  if (count > 1)
    pool = std::make_unique<llvm::DefaultThreadPool>(
        llvm::hardware_concurrency(count - 1));
}

llvm::Error Calibrator::runRound(const DataSet &data, Share round) {
  // Neighbouring batches for each, so that what was seen is put together in the
  // order of the data.
  int64_t size = round.end - round.begin;
  int64_t count = std::min<int64_t>(workers.size(), size);
  std::vector<std::optional<std::string>> errors(count);
  auto runWorker = [&](int64_t number) {
    Share share{round.begin + number * size / count,
                round.begin + (number + 1) * size / count};
    int64_t sample =
        statistics.samples + (share.begin - round.begin) * data.getBatchSize();
    if (llvm::Error error = workers[number]->run(data, share, sample))
      errors[number] = llvm::toString(std::move(error));
  };
  for (int64_t number = 1; number < count; ++number)
    pool->async(runWorker, number);
  runWorker(0);
  if (count > 1)
    pool->wait();
  for (int64_t number = 0; number < count; ++number) {
    if (errors[number])
      return llvm::createStringError(*errors[number]);
    workers[number]->moveTo(nonFinite);
    if (number > 0)
      workers[number]->moveTo(*workers.front());
  }
  statistics.samples += size * data.getBatchSize();
  return llvm::Error::success();
}

llvm::Error Calibrator::run(const DataSet &data,
                            llvm::function_ref<void(int64_t, int64_t)> progress,
                            int64_t firstBatch) {
  // Putting together what threads saw takes as long as a small batch.
  constexpr int64_t batchesPerThread = 8;
  int64_t total = data.getNumBatches();
  bool isOne = workers.size() == 1 || !data.getStates().empty();
  int64_t roundSize = isOne ? 1 : workers.size() * batchesPerThread;
  for (int64_t batch = firstBatch; batch < total;) {
    Share round{batch, std::min(batch + roundSize, total)};
    if (llvm::Error error = runRound(data, round))
      return error;
    batch = round.end;
    if (progress)
      progress(batch, total);
  }
  return llvm::Error::success();
}
