//===- StatisticsFileTest.cpp - statistics on disk ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/StatisticsFile.h"

#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cfloat>
#include <cmath>

using namespace quantc;

namespace {

std::string print(const StatisticsFile &file) {
  std::string text;
  llvm::raw_string_ostream os(text);
  file.print(os);
  return text;
}

ObserverRecord makeRecord(std::string name, std::optional<int64_t> axis,
                          Statistics statistics) {
  ObserverRecord record;
  record.name = std::move(name);
  record.axis = axis;
  record.statistics = std::move(statistics);
  return record;
}

/// Two observers, one of them per channel, over `values` in rows of two.
StatisticsFile observe(const std::vector<float> &values) {
  StatisticsFile file;
  file.fingerprint = "0123";
  file.samples = values.size() / 2;
  file.observers = {makeRecord("a/lhs", std::nullopt, Statistics()),
                    makeRecord("b/lhs", 1, Statistics(2))};
  for (ObserverRecord &record : file.observers)
    record.statistics.update(
        values.data(),
        values.size() / std::max<size_t>(1, record.statistics.channels.size()),
        1);
  return file;
}

std::string errorOf(llvm::StringRef text) {
  llvm::Expected<StatisticsFile> file = StatisticsFile::parse(text, "s.json");
  return file ? "" : llvm::toString(file.takeError());
}

std::string replace(std::string text, llvm::StringRef from,
                    llvm::StringRef to) {
  size_t position = text.find(from.str());
  EXPECT_NE(position, std::string::npos) << from.str();
  return text.replace(position, from.size(), to.str());
}

TEST(StatisticsFileTest, RangesOfBatchesKeepTheirOrder) {
  auto observeBatches = [](std::vector<std::vector<float>> batches) {
    StatisticsFile file;
    file.observers = {makeRecord("a/lhs", std::nullopt, Statistics())};
    file.observers[0].statistics.keepsBatches = true;
    for (const std::vector<float> &batch : batches)
      file.observers[0].statistics.update(batch.data(), 1, batch.size());
    return file;
  };
  StatisticsFile whole = observeBatches({{1, 2}, {-3, 4}, {0, 0.5f}});
  std::string text = print(whole);
  EXPECT_NE(text.find("\"batch_min\": [1, -3, 0]"), std::string::npos) << text;
  EXPECT_NE(text.find("\"batch_max\": [2, 4, 0.5]"), std::string::npos) << text;
  EXPECT_EQ(print(llvm::cantFail(StatisticsFile::parse(text, "s.json"))), text);
  StatisticsFile first = observeBatches({{1, 2}});
  ASSERT_FALSE(bool(first.merge(observeBatches({{-3, 4}, {0, 0.5f}}))));
  EXPECT_EQ(print(first), text);
  EXPECT_NE(errorOf(replace(text, "\"batch_max\": [2, 4, 0.5]",
                            "\"batch_max\": [2, 4]"))
                .find("expected as many minima as maxima"),
            std::string::npos);
  // Of others than the whole has, the wrong way round, or with one bound.
  for (const char *maxima : {"[2, 4, 4.5]", "[2, 4, -1]", "[2, 4, null]"}) {
    std::string error =
        errorOf(replace(text, "\"batch_max\": [2, 4, 0.5]",
                        std::string("\"batch_max\": ") + maxima));
    EXPECT_NE(error.find("expected a range within that of the whole"),
              std::string::npos)
        << error;
    EXPECT_NE(error.find("observers[0].batch_min[2]"), std::string::npos)
        << error;
  }
  std::string error =
      errorOf(replace(text, "\"batch_max\": [2, 4, 0.5]", "\"no\": 1"));
  EXPECT_NE(error.find("expected a value at statistics.observers[0].batch_max"),
            std::string::npos)
      << error;
}

TEST(StatisticsFileTest, Form) {
  EXPECT_EQ(
      print(observe({1, -0.5f, 1, NAN})), R"({
  "format": "quantc-statistics",
  "version": 1,
  "fingerprint": "0123",
  "samples": 2,
  "observers": [
    {
      "name": "a/lhs",
      "count": 3,
      "nan": 1,
      "inf": 0,
      "min": -0.5,
      "max": 1,
      "histogram": {
        "bin_exponent": -10,
        "first_bin": -512,
        "counts": [1, )" +
                                              [] {
                                                std::string zeros;
                                                for (int i = 0; i < 1535; ++i)
                                                  zeros += "0, ";
                                                return zeros;
                                              }() +
                                              R"(2]
      }
    },
    {
      "name": "b/lhs",
      "axis": 1,
      "count": 3,
      "nan": 1,
      "inf": 0,
      "min": -0.5,
      "max": 1,
      "channel_min": [1, -0.5],
      "channel_max": [1, -0.5],
      "histogram": {
        "bin_exponent": -10,
        "first_bin": -512,
        "counts": [1, )" +
                                              [] {
                                                std::string zeros;
                                                for (int i = 0; i < 1535; ++i)
                                                  zeros += "0, ";
                                                return zeros;
                                              }() +
                                              R"(2]
      }
    }
  ]
}
)");
}

TEST(StatisticsFileTest, RoundTrip) {
  for (const std::vector<float> &values :
       {std::vector<float>{},
        {NAN, INFINITY},
        {0.1f, NAN, 0.2f, -INFINITY},
        {FLT_TRUE_MIN, -FLT_MAX, 1.0f / 3, -0.0f}}) {
    std::string text = print(observe(values));
    llvm::Expected<StatisticsFile> file = StatisticsFile::parse(text, "s.json");
    ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
    EXPECT_EQ(print(*file), text);
  }
}

TEST(StatisticsFileTest, MergedShardsAreTheWhole) {
  // The second shard widens the histogram; channel 1 of the first is empty.
  std::vector<float> first = {0.1f, NAN, -0.3f, NAN},
                     second = {1e4f, 3, -INFINITY, 5};
  std::vector<float> whole = first;
  whole.insert(whole.end(), second.begin(), second.end());
  for (bool swap : {false, true}) {
    StatisticsFile a = observe(swap ? second : first);
    ASSERT_FALSE(bool(a.merge(observe(swap ? first : second))));
    EXPECT_EQ(print(a), print(observe(whole)));
  }
}

TEST(StatisticsFileTest, MergeRefusesOtherModels) {
  StatisticsFile file = observe({1, 2}), other = file;
  other.fingerprint = "4567";
  EXPECT_EQ(llvm::toString(file.merge(other)),
            "expected statistics of model 0123, but got those of model 4567");
  other = file;
  other.observers.pop_back();
  EXPECT_EQ(llvm::toString(file.merge(other)),
            "expected 2 observers, but got 1");
  other = file;
  other.observers[1].name = "c";
  EXPECT_EQ(llvm::toString(file.merge(other)),
            "expected observer 'b/lhs', but got 'c'");
  other = file;
  other.observers[1].statistics.channels.resize(3);
  EXPECT_EQ(llvm::toString(file.merge(other)),
            "expected the same axis and channels of observer 'b/lhs' in both "
            "files");
  EXPECT_EQ(print(file), print(observe({1, 2})));
}

TEST(StatisticsFileTest, Errors) {
  std::string good = print(observe({1, 2}));
  EXPECT_EQ(errorOf(""), "s.json: expected a complete JSON document, but got "
                         "[1:0, byte=0]: Unexpected EOF");
  // Every truncation is noticed, except of the last newline.
  for (size_t size = 0; size + 2 < good.size(); size += 7)
    EXPECT_NE(errorOf(good.substr(0, size)), "");
  EXPECT_EQ(errorOf("[1, 2]"), "s.json: expected a statistics file with "
                               "\"format\": \"quantc-statistics\"");
  EXPECT_EQ(errorOf(replace(good, "\"version\": 1", "\"version\": 4")),
            "s.json: expected statistics of version 1 to 3, but got 4");
  EXPECT_EQ(errorOf(replace(good, "\"version\": 1,", "")),
            "s.json: expected statistics of version 1 to 3, but got none");
  EXPECT_EQ(errorOf(replace(good, "\"fingerprint\": \"0123\",", "")),
            "s.json: expected a value at statistics.fingerprint");
  EXPECT_EQ(errorOf(replace(good, "\"nan\"", "\"nans\"")),
            "s.json: expected a value at statistics.observers[0].nan");
  EXPECT_EQ(
      errorOf(replace(good, "\"samples\": 1", "\"samples\": 1, \"x\": 1")),
      "s.json: expected no such key at statistics.x");
  EXPECT_EQ(errorOf(replace(good, "\"count\": 2", "\"count\": -2")),
            "s.json: expected a count that is not negative at "
            "statistics.observers[0].count");
  EXPECT_EQ(errorOf(replace(good, "\"count\": 2", "\"count\": 3")),
            "s.json: expected counts that add up to 'count' at "
            "statistics.observers[0].histogram.counts");
  EXPECT_EQ(errorOf(replace(good, "\"max\": 2", "\"max\": 1e60")),
            "s.json: expected a finite f32 at statistics.observers[0].max");
  EXPECT_EQ(errorOf(replace(good, "\"max\": 2", "\"max\": null")),
            "s.json: expected min <= max exactly where something was counted "
            "at statistics.observers[0]");
  EXPECT_EQ(errorOf(replace(good, "\"first_bin\": 5", "\"first_bin\": 905")),
            "s.json: expected bins in [-2048, 2048) at "
            "statistics.observers[0].histogram.first_bin");
  EXPECT_EQ(
      errorOf(replace(good, "\"bin_exponent\": -9", "\"bin_exponent\": 900")),
      "s.json: expected an exponent in [-159, 117] at "
      "statistics.observers[0].histogram.bin_exponent");
  EXPECT_EQ(errorOf(replace(good, "b/lhs", "a/lhs")),
            "s.json: expected one entry for each observer, but got two for "
            "'a/lhs'");
}

TEST(StatisticsFileTest, Heads) {
  auto observeHeads = [](const std::vector<float> &values) {
    StatisticsFile file;
    file.observers = {makeRecord("a/rhs", std::nullopt, Statistics())};
    file.observers[0].head = 1;
    file.observers[0].statistics.setHeads(2, 1);
    file.observers[0].statistics.update(values.data(), values.size(), 1);
    file.observers[0].statistics.collectHeads();
    return file;
  };
  StatisticsFile whole = observeHeads({1, -8, 0.25f, NAN, 3, -2});
  std::string text = print(whole);
  EXPECT_EQ(print(llvm::cantFail(StatisticsFile::parse(text, "s.json"))), text);
  StatisticsFile first = observeHeads({1, -8});
  ASSERT_FALSE(bool(first.merge(observeHeads({0.25f, NAN, 3, -2}))));
  EXPECT_EQ(print(first), text);

  // The first head's count, after the whole's; its histogram has to follow.
  size_t heads = text.find("\"heads\"");
  ASSERT_NE(heads, std::string::npos);
  std::string tail = replace(text.substr(heads), "\"nan\": 1", "\"nan\": 0");
  EXPECT_NE(errorOf(text.substr(0, heads) + tail)
                .find("expected counts that add up to the whole's"),
            std::string::npos);
  EXPECT_NE(
      errorOf(replace(text, "\"head\": 1,", "")).find("expected no such key"),
      std::string::npos);
  StatisticsFile other = whole;
  other.observers[0].head = 0;
  llvm::Error error = first.merge(other);
  ASSERT_TRUE(bool(error));
  EXPECT_NE(llvm::toString(std::move(error)).find("expected the same heads"),
            std::string::npos);
}

TEST(StatisticsFileTest, RangesOfTokens) {
  auto observeTokens = [](std::vector<float> values) {
    StatisticsFile file;
    Statistics statistics(2);
    statistics.setKeepsTokens(3);
    statistics.update(values.data(), 3, 1);
    file.observers = {makeRecord("a/lhs", 1, std::move(statistics))};
    return file;
  };
  StatisticsFile first = observeTokens({1, 2, -3, NAN, NAN, INFINITY});
  std::string text = print(first);
  EXPECT_NE(text.find("\"version\": 3"), std::string::npos) << text;
  EXPECT_NE(text.find("\"token_min\": [1, -3, null]"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\"token_max\": [2, -3, null]"), std::string::npos)
      << text;
  EXPECT_EQ(print(llvm::cantFail(StatisticsFile::parse(text, "s.json"))), text);
  ASSERT_FALSE(bool(first.merge(observeTokens({0, 5, -4, 1, 7, 8}))));
  EXPECT_NE(print(first).find("\"token_min\": [0, -4, 7]"), std::string::npos);
  EXPECT_NE(print(first).find("\"token_max\": [5, 1, 8]"), std::string::npos);
  EXPECT_EQ(errorOf(replace(text, "\"version\": 3", "\"version\": 2")),
            "s.json: expected statistics of version 3, which has ranges of "
            "tokens, but got 2");
  EXPECT_NE(errorOf(replace(text, "\"token_max\": [2, ", "\"token_max\": ["))
                .find("expected as many minima as maxima"),
            std::string::npos);
  StatisticsFile without = first;
  without.observers[0].statistics.tokens.clear();
  EXPECT_EQ(llvm::toString(first.merge(without)),
            "expected as many ranges of tokens of observer 'a/lhs' in both "
            "files");
}

TEST(StatisticsFileTest, Magnitudes) {
  auto observeMagnitudes = [](const std::vector<float> &values) {
    StatisticsFile file;
    file.observers = {makeRecord("a/lhs", 1, Statistics(2))};
    file.observers[0].statistics.setKeepsMagnitudes(true);
    file.observers[0].statistics.update(values.data(), values.size() / 2, 1);
    return file;
  };
  // 2^-149 and 2^-148; 1.5 is 3 2^148, so 3 and 37 zeros.
  StatisticsFile whole =
      observeMagnitudes({-FLT_TRUE_MIN, 1, 2 * FLT_TRUE_MIN, NAN, 0, -0.5f});
  std::string text = print(whole);
  EXPECT_NE(text.find("\"version\": 2"), std::string::npos);
  EXPECT_NE(text.find("\"counts\": [3, 2],\n        \"sums\": [\"3\", \"3" +
                      std::string(37, '0') + "\"]"),
            std::string::npos)
      << text;
  EXPECT_EQ(print(llvm::cantFail(StatisticsFile::parse(text, "s.json"))), text);
  StatisticsFile first = observeMagnitudes({0, -0.5f});
  ASSERT_FALSE(bool(first.merge(
      observeMagnitudes({2 * FLT_TRUE_MIN, NAN, -FLT_TRUE_MIN, 1}))));
  EXPECT_EQ(print(first), text);

  EXPECT_EQ(errorOf(replace(text, "\"version\": 2", "\"version\": 1")),
            "s.json: expected statistics of version 2, which has sums of "
            "magnitudes, but got 1");
  EXPECT_EQ(errorOf(replace(text, "\"counts\": [3, 2]", "\"counts\": [3, 3]")),
            "s.json: expected counts that add up to 'count' at "
            "statistics.observers[0].magnitudes.counts");
  EXPECT_EQ(errorOf(replace(text, "[\"3\"", "[\"03\"")),
            "s.json: expected a sum in hexadecimal digits, 0 where nothing was "
            "counted at statistics.observers[0].magnitudes.sums[0]");
  EXPECT_EQ(errorOf(replace(text, "\"sums\": [\"3\", ", "\"sums\": [")),
            "s.json: expected a count and a sum for each channel at "
            "statistics.observers[0].magnitudes");
  StatisticsFile without = whole;
  without.observers[0].statistics.setKeepsMagnitudes(false);
  EXPECT_EQ(llvm::toString(without.merge(whole)),
            "expected sums of magnitudes of observer 'a/lhs' in both files or "
            "in none");
}

} // namespace
