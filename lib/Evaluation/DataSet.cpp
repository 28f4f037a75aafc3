//===- DataSet.cpp - a model's inputs from a data file --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Evaluation/DataSet.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

#include <cstring>

using namespace quantc;
using llvm::ArrayRef;

int64_t DataSpec::getNumElements() const {
  return llvm::product_of(shape, int64_t(1));
}

static llvm::Error makeError(const SafetensorsFile &file,
                             const llvm::Twine &message) {
  return llvm::createStringError(file.getPath() + ": " + message);
}

static std::string listTensors(const SafetensorsFile &file) {
  if (file.getTensors().empty())
    return "none";
  auto names = llvm::map_range(file.getTensors(), [](const auto &tensor) {
    return "'" + tensor.name + "'";
  });
  return llvm::join(names, ", ");
}

/// Returns the tensor for `input` if its type is right but for the size of the
/// batch axis.
static llvm::Expected<const SafetensorsTensor *>
lookupInput(const SafetensorsFile &file, const DataSpec &input) {
  const SafetensorsTensor *tensor = file.lookup(input.name);
  if (!tensor)
    return makeError(file, "expected a tensor '" + input.name + "', but got " +
                               listTensors(file));
  if (tensor->dtype == input.dtype &&
      tensor->shape.size() == input.shape.size() &&
      ArrayRef(tensor->shape).drop_front(input.shape.empty() ? 0 : 1) ==
          ArrayRef(input.shape).drop_front(input.shape.empty() ? 0 : 1))
    return tensor;
  std::string expected = describeTensorType(input.dtype, input.shape);
  // The batch axis is free: F32[n * 8, 64].
  if (!input.shape.empty())
    expected.insert(expected.find('[') + 1, "n * ");
  return makeError(file, "expected tensor '" + input.name + "' to be " +
                             expected + ", but got " +
                             describeTensorType(tensor->dtype, tensor->shape));
}

llvm::Expected<std::vector<std::string>>
quantc::listShards(llvm::StringRef path) {
  namespace fs = llvm::sys::fs;
  if (!fs::is_directory(path))
    return std::vector<std::string>{path.str()};
  std::vector<std::string> shards;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; it != end && !error;
       it.increment(error))
    if (llvm::StringRef(it->path()).ends_with(".safetensors"))
      shards.push_back(it->path());
  if (error)
    return llvm::createStringError(
        path + ": cannot read the directory: " + error.message());
  if (shards.empty())
    return llvm::createStringError(
        path + ": expected a directory with .safetensors files, but got none");
  llvm::sort(shards);
  return shards;
}

llvm::Expected<DataSet> DataSet::open(llvm::StringRef path,
                                      ArrayRef<DataSpec> inputs,
                                      ArrayRef<DataSpec> outputs) {
  auto file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  return create(std::move(*file), inputs, outputs);
}

llvm::Expected<DataSet>
DataSet::create(std::shared_ptr<const SafetensorsFile> file,
                ArrayRef<DataSpec> inputs, ArrayRef<DataSpec> outputs) {
  DataSet data;
  const DataSpec *first = nullptr;
  for (const DataSpec &input : inputs) {
    const DataSpec *output = llvm::find(outputs, input);
    if (output != outputs.end() && !file->lookup(input.name)) {
      data.states.push_back(
          {data.inputs.size(), size_t(output - outputs.begin())});
      data.inputs.push_back(
          {input.name, input.dtype, nullptr, input.getNumBytes(), 0});
      continue;
    }
    llvm::Expected<const SafetensorsTensor *> tensor =
        lookupInput(*file, input);
    if (!tensor)
      return tensor.takeError();
    if (input.shape.empty()) {
      data.inputs.push_back({input.name, input.dtype, (*tensor)->data.data(),
                             input.getNumBytes(), 0});
      continue;
    }
    int64_t batch = input.shape.front(), samples = (*tensor)->shape.front();
    if (batch == 0)
      return makeError(*file, "expected a model with samples in a batch, but "
                              "the first axis of its input '" +
                                  input.name + "' is 0");
    if (samples == 0 || samples % batch != 0)
      return makeError(*file, "expected the first axis of '" + input.name +
                                  "' to be a positive multiple of " +
                                  llvm::Twine(batch) + ", but got " +
                                  llvm::Twine(samples));
    int64_t batches = samples / batch;
    if (first && batches != data.numBatches)
      return makeError(*file, "expected " + llvm::Twine(data.numBatches) +
                                  " batches of '" + input.name + "' as of '" +
                                  first->name + "', but got " +
                                  llvm::Twine(batches));
    if (!first) {
      first = &input;
      data.batchSize = batch;
      data.numBatches = batches;
    }
    data.inputs.push_back({input.name, input.dtype, (*tensor)->data.data(),
                           input.getNumBytes(), input.getNumBytes()});
  }
  data.file = std::move(file);
  return data;
}

void DataSet::limitSamples(int64_t samples) {
  int64_t batches = samples / batchSize + (samples % batchSize != 0);
  numBatches = std::min(numBatches, batches);
}

bool DataFold::contains(int64_t batch) const {
  // Fibonacci hashing of the number of the row.
  uint64_t hash = uint64_t(batch / count) * 0x9E3779B97F4A7C15u >> 32;
  return int64_t((uint64_t(batch % count) + hash) % uint64_t(count)) == index;
}

void DataSet::select(llvm::function_ref<bool(int64_t)> isKept) {
  assert(states.empty() && "expected data without states");
  std::vector<int64_t> kept;
  for (int64_t batch = 0; batch < numBatches; ++batch)
    if (isKept(getPlace(batch)))
      kept.push_back(getPlace(batch));
  numBatches = kept.size();
  places = std::move(kept);
}

void DataSet::keepFold(DataFold fold, int64_t firstBatch) {
  select([&](int64_t place) { return fold.contains(firstBatch + place); });
}

void DataSet::leaveOutFold(DataFold fold, int64_t firstBatch) {
  select([&](int64_t place) { return !fold.contains(firstBatch + place); });
}

bool DataSet::isState(size_t output) const {
  return llvm::any_of(
      states, [&](const State &state) { return state.output == output; });
}

void DataSet::copyBatch(int64_t batch, ArrayRef<void *> buffers) const {
  for (auto [input, buffer] : llvm::zip_equal(inputs, buffers)) {
    if (input.data)
      std::memcpy(buffer, input.data + getPlace(batch) * input.stride,
                  input.bytes);
    else if (batch == 0)
      std::memset(buffer, 0, input.bytes);
  }
}

void DataSet::carryStates(ArrayRef<void *> inputBuffers,
                          ArrayRef<void *> outputBuffers) const {
  for (const State &state : states)
    std::memcpy(inputBuffers[state.input], outputBuffers[state.output],
                inputs[state.input].bytes);
}

void DataSet::findNonFinite(
    ArrayRef<void *> buffers,
    llvm::function_ref<void(llvm::StringRef, int64_t)> found) const {
  // The elements whose exponent bits are all set.
  auto countMatches = [](const auto *bits, int64_t bytes, auto exponent) {
    return llvm::count_if(
        ArrayRef(bits, bytes / sizeof(*bits)),
        [&](auto element) { return (element & exponent) == exponent; });
  };
  for (auto [input, buffer] : llvm::zip_equal(inputs, buffers)) {
    int64_t count = 0;
    if (input.dtype == DType::F32)
      count = countMatches(static_cast<const uint32_t *>(buffer), input.bytes,
                           uint32_t(0x7F800000));
    else if (input.dtype == DType::F16)
      count = countMatches(static_cast<const uint16_t *>(buffer), input.bytes,
                           uint16_t(0x7C00));
    else if (input.dtype == DType::BF16)
      count = countMatches(static_cast<const uint16_t *>(buffer), input.bytes,
                           uint16_t(0x7F80));
    if (count)
      found(input.name, count);
  }
}
