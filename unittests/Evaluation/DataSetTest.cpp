//===- DataSetTest.cpp ----------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Evaluation/DataSet.h"

#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

using namespace quantc;

namespace {

/// A safetensors file of f32 zeros but for its first elements 0, 1, 2, ...
std::shared_ptr<const SafetensorsFile> makeFile(std::string header,
                                                size_t elements) {
  std::string bytes(8, '\0');
  llvm::support::endian::write64le(bytes.data(), header.size());
  bytes += header;
  for (size_t i = 0; i < elements; ++i) {
    float value = i;
    bytes.append(reinterpret_cast<const char *>(&value), sizeof(value));
  }
  return cantFail(SafetensorsFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(bytes, "data")));
}

const char *kHeader =
    R"({"x":{"dtype":"F32","shape":[6,2],"data_offsets":[0,48]},
"y":{"dtype":"F32","shape":[3],"data_offsets":[48,60]}})";

std::string getError(llvm::ArrayRef<DataSpec> inputs) {
  llvm::Expected<DataSet> data = DataSet::create(makeFile(kHeader, 15), inputs);
  return data ? "" : llvm::toString(data.takeError());
}

TEST(DataSetTest, Batches) {
  DataSet data = cantFail(
      DataSet::create(makeFile(kHeader, 15),
                      {{"y", DType::F32, {1}}, {"x", DType::F32, {2, 2}}}));
  EXPECT_EQ(data.getNumBatches(), 3);
  float y[1], x[4];
  data.copyBatch(2, {y, x});
  EXPECT_EQ(y[0], 14);
  EXPECT_EQ(x[0], 8);
  EXPECT_EQ(x[3], 11);
}

/// The batches of the first `batches` of a file, by the number of each, that a
/// fold keeps or leaves out.
std::vector<int> getBatches(DataFold fold, int64_t firstBatch, bool keeps,
                            int batches) {
  std::string bytes = std::to_string(4 * batches);
  DataSet data = cantFail(DataSet::create(
      makeFile(R"({"y":{"dtype":"F32","shape":[)" + std::to_string(batches) +
                   R"(],"data_offsets":[0,)" + bytes + "]}}",
               batches),
      {{"y", DType::F32, {1}}}));
  if (keeps)
    data.keepFold(fold, firstBatch);
  else
    data.leaveOutFold(fold, firstBatch);
  std::vector<int> result;
  for (int64_t batch = 0; batch < data.getNumBatches(); ++batch) {
    float y;
    data.copyBatch(batch, {&y});
    result.push_back(y);
  }
  return result;
}

TEST(DataSetTest, FoldsPartTheData) {
  for (int64_t count : {2, 3, 5})
    for (int64_t index = 0; index < count; ++index)
      for (int64_t firstBatch : {0, 1, 4, 7})
        for (int batches : {1, 2, 3, 11}) {
          SCOPED_TRACE(testing::Message()
                       << index << " of " << count << ", " << batches
                       << " batches from " << firstBatch);
          DataFold fold{index, count};
          std::vector<int> kept, others;
          for (int batch = 0; batch < batches; ++batch)
            (fold.contains(firstBatch + batch) ? kept : others)
                .push_back(batch);
          EXPECT_EQ(getBatches(fold, firstBatch, true, batches), kept);
          EXPECT_EQ(getBatches(fold, firstBatch, false, batches), others);
        }
}

TEST(DataSetTest, FoldsHaveOneBatchOfEachRow) {
  for (int64_t count : {2, 3, 8})
    for (int64_t row = 0; row < 50; ++row)
      for (int64_t index = 0; index < count; ++index) {
        int found = 0;
        for (int64_t batch = row * count; batch < (row + 1) * count; ++batch)
          found += DataFold{index, count}.contains(batch);
        EXPECT_EQ(found, 1);
      }
  // What comes by turns, as questions and answers, is in both of two folds.
  int even = 0;
  for (int64_t batch = 0; batch < 1000; batch += 2)
    even += DataFold{0, 2}.contains(batch);
  EXPECT_NEAR(even, 250, 50);
}

TEST(DataSetTest, StatesAreCarried) {
  const DataSpec inputs[] = {{"x", DType::F32, {2, 2}},
                             {"cache", DType::F32, {3}}};
  const DataSpec outputs[] = {{"y", DType::F32, {2}},
                              {"cache", DType::F32, {3}},
                              {"x", DType::F32, {2, 2}}};
  DataSet data =
      cantFail(DataSet::create(makeFile(kHeader, 15), inputs, outputs));
  // x is in the file and therefore no state.
  ASSERT_EQ(data.getStates().size(), 1u);
  EXPECT_EQ(data.getStates()[0].input, 1u);
  EXPECT_TRUE(data.isState(1));
  EXPECT_FALSE(data.isState(2));
  float x[4], cache[3] = {7, 7, 7}, y[2], out[3] = {1, 2, 3}, outX[4];
  data.copyBatch(0, {x, cache});
  EXPECT_EQ(cache[1], 0);
  data.carryStates({x, cache}, {y, out, outX});
  data.copyBatch(1, {x, cache});
  EXPECT_EQ(cache[1], 2);
  EXPECT_EQ(x[0], 4);
}

TEST(DataSetTest, StatesHaveTheTypeOfTheOutput) {
  const DataSpec inputs[] = {{"x", DType::F32, {2, 2}},
                             {"cache", DType::F32, {3}}};
  const DataSpec outputs[] = {{"cache", DType::F32, {4}}};
  llvm::Expected<DataSet> data =
      DataSet::create(makeFile(kHeader, 15), inputs, outputs);
  ASSERT_FALSE(bool(data));
  EXPECT_EQ(llvm::toString(data.takeError()),
            "data: expected a tensor 'cache', but got 'x', 'y'");
}

TEST(DataSetTest, LimitRoundsUpToBatches) {
  DataSet data = cantFail(
      DataSet::create(makeFile(kHeader, 15), {{"x", DType::F32, {2, 2}}}));
  data.limitSamples(3);
  EXPECT_EQ(data.getNumSamples(), 4);
  data.limitSamples(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(data.getNumSamples(), 4);
}

TEST(DataSetTest, Errors) {
  EXPECT_EQ(getError({{"z", DType::F32, {1}}}),
            "data: expected a tensor 'z', but got 'x', 'y'");
  EXPECT_EQ(getError({{"x", DType::I32, {2, 2}}}),
            "data: expected tensor 'x' to be I32[n * 2, 2], but got F32[6, 2]");
  EXPECT_EQ(getError({{"x", DType::F32, {2, 3}}}),
            "data: expected tensor 'x' to be F32[n * 2, 3], but got F32[6, 2]");
  EXPECT_EQ(getError({{"x", DType::F32, {4, 2}}}),
            "data: expected the first axis of 'x' to be a positive multiple of "
            "4, but got 6");
  EXPECT_EQ(getError({{"x", DType::F32, {3, 2}}, {"y", DType::F32, {1}}}),
            "data: expected 2 batches of 'y' as of 'x', but got 3");
}

} // namespace
