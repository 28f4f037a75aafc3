//===- StatisticsFile.cpp - statistics on disk ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/StatisticsFile.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace quantc;
using llvm::StringRef;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Nine digits are enough to get every f32 back.
static void printFloat(llvm::raw_ostream &os, float value) {
  if (std::isfinite(value))
    os << llvm::format("%.9g", value);
  else
    os << "null";
}

/// Prints a list on one line, unlike json::OStream.
template <typename Range, typename PrintFn>
static void printList(json::OStream &stream, StringRef key, const Range &values,
                      PrintFn print) {
  stream.attributeBegin(key);
  stream.rawValue([&](llvm::raw_ostream &os) {
    os << '[';
    llvm::interleave(
        values, [&](const auto &value) { print(os, value); },
        [&] { os << ", "; });
    os << ']';
  });
  stream.attributeEnd();
}

static void printScalar(json::OStream &stream, StringRef key, float value) {
  stream.attributeBegin(key);
  stream.rawValue([&](llvm::raw_ostream &os) { printFloat(os, value); });
  stream.attributeEnd();
}

static void printHistogram(json::OStream &stream, const Histogram &histogram) {
  auto [first, counts] = histogram.getOccupied();
  stream.attribute("bin_exponent", histogram.getExponent());
  stream.attribute("first_bin", first);
  printList(stream, "counts", counts,
            [](llvm::raw_ostream &os, int64_t count) { os << count; });
}

/// Prints <prefix>_min and <prefix>_max.
static void printRanges(json::OStream &stream, StringRef prefix,
                        llvm::ArrayRef<MinMax> ranges) {
  for (auto [suffix, bound] :
       {std::pair("_min", &MinMax::min), std::pair("_max", &MinMax::max)})
    printList(stream, (prefix + suffix).str(), ranges,
              [bound = bound](llvm::raw_ostream &os, const MinMax &range) {
                printFloat(os, range.*bound);
              });
}

/// Prints what the whole and each of its heads have. `hasChannels` also where
/// there is no channel.
static void printStatistics(json::OStream &stream, const Statistics &statistics,
                            bool hasChannels) {
  stream.attribute("count", statistics.count);
  stream.attribute("nan", statistics.nanCount);
  stream.attribute("inf", statistics.infCount);
  printScalar(stream, "min", statistics.range.min);
  printScalar(stream, "max", statistics.range.max);
  if (hasChannels)
    printRanges(stream, "channel", statistics.channels);
  if (!statistics.batches.empty())
    printRanges(stream, "batch", statistics.batches);
  stream.attributeObject("histogram",
                         [&] { printHistogram(stream, statistics.histogram); });
}

/// Rows are many floats that nobody reads: their bytes as base64.
static void printRows(json::OStream &stream, const RowSample &rows) {
  std::vector<float> values = rows.getValues();
  stream.attribute("capacity", rows.getCapacity());
  stream.attribute("values", llvm::encodeBase64(StringRef(
                                 reinterpret_cast<const char *>(values.data()),
                                 values.size() * sizeof(float))));
}

/// Sums are longer than any number of JSON.
static void printMagnitudes(json::OStream &stream,
                            llvm::ArrayRef<Magnitudes> magnitudes) {
  printList(stream, "counts", magnitudes,
            [](llvm::raw_ostream &os, const Magnitudes &entry) {
              os << entry.count;
            });
  printList(stream, "sums", magnitudes,
            [](llvm::raw_ostream &os, const Magnitudes &entry) {
              os << '"' << entry.sum.toHex() << '"';
            });
}

static void printRecord(json::OStream &stream, const ObserverRecord &record) {
  stream.attribute("name", record.name);
  if (record.axis)
    stream.attribute("axis", *record.axis);
  if (!record.statistics.tokens.empty())
    printRanges(stream, "token", record.statistics.tokens);
  printStatistics(stream, record.statistics, record.axis.has_value());
  if (!record.statistics.magnitudes.empty())
    stream.attributeObject("magnitudes", [&] {
      printMagnitudes(stream, record.statistics.magnitudes);
    });
  if (record.statistics.rows.getCapacity() > 0)
    stream.attributeObject("rows",
                           [&] { printRows(stream, record.statistics.rows); });
  if (!record.head)
    return;
  stream.attribute("head", *record.head);
  stream.attributeArray("heads", [&] {
    for (const Statistics &head : record.statistics.heads)
      stream.object(
          [&] { printStatistics(stream, head, /*hasChannels=*/false); });
  });
}

int StatisticsFile::getVersion() const {
  int version = kOldestVersion;
  for (const ObserverRecord &record : observers) {
    if (!record.statistics.tokens.empty())
      return 3;
    if (!record.statistics.magnitudes.empty())
      version = 2;
  }
  return version;
}

void StatisticsFile::print(llvm::raw_ostream &os) const {
  json::OStream stream(os, /*IndentSize=*/2);
  stream.object([&] {
    stream.attribute("format", kFormat);
    stream.attribute("version", getVersion());
    stream.attribute("fingerprint", fingerprint);
    stream.attribute("samples", samples);
    stream.attributeArray("observers", [&] {
      for (const ObserverRecord &record : observers)
        stream.object([&] { printRecord(stream, record); });
    });
  });
  os << '\n';
}

llvm::Error StatisticsFile::write(StringRef path) const {
  return writeFile(path, [&](llvm::raw_ostream &os) { print(os); });
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

const ObserverRecord *StatisticsFile::lookup(StringRef name) const {
  auto it = llvm::find_if(observers, [&](const ObserverRecord &record) {
    return record.name == name;
  });
  return it == observers.end() ? nullptr : &*it;
}

/// Bins hold no more than the count.
static bool wouldOverflow(const Statistics &a, const Statistics &b) {
  int64_t sum;
  return llvm::AddOverflow(a.count, b.count, sum) ||
         llvm::AddOverflow(a.nanCount, b.nanCount, sum) ||
         llvm::AddOverflow(a.infCount, b.infCount, sum);
}

llvm::Error StatisticsFile::merge(const StatisticsFile &other) {
  if (fingerprint != other.fingerprint)
    return llvm::createStringError("expected statistics of model " +
                                   fingerprint + ", but got those of model " +
                                   other.fingerprint);
  if (observers.size() != other.observers.size())
    return llvm::createStringError("expected %zu observers, but got %zu",
                                   observers.size(), other.observers.size());
  for (auto [mine, theirs] : llvm::zip_equal(observers, other.observers)) {
    if (mine.name != theirs.name)
      return llvm::createStringError("expected observer '" + mine.name +
                                     "', but got '" + theirs.name + "'");
    if (mine.axis != theirs.axis ||
        mine.statistics.channels.size() != theirs.statistics.channels.size())
      return llvm::createStringError("expected the same axis and channels of "
                                     "observer '" +
                                     mine.name + "' in both files");
    if (mine.head != theirs.head ||
        mine.statistics.heads.size() != theirs.statistics.heads.size())
      return llvm::createStringError("expected the same heads of observer '" +
                                     mine.name + "' in both files");
    if (mine.statistics.rows.getCapacity() !=
        theirs.statistics.rows.getCapacity())
      return llvm::createStringError(
          "expected the same number of sample rows of observer '" + mine.name +
          "' in both files");
    if (mine.statistics.magnitudes.empty() !=
        theirs.statistics.magnitudes.empty())
      return llvm::createStringError(
          "expected sums of magnitudes of observer '" + mine.name +
          "' in both files or in none");
    if (mine.statistics.tokens.size() != theirs.statistics.tokens.size())
      return llvm::createStringError(
          "expected as many ranges of tokens of observer '" + mine.name +
          "' in both files");
    if (wouldOverflow(mine.statistics, theirs.statistics))
      return llvm::createStringError("expected counts of observer '" +
                                     mine.name +
                                     "' that add up to less than 2^63");
  }
  if (llvm::AddOverflow(samples, other.samples, samples))
    return llvm::createStringError(
        "expected samples that add up to less than 2^63");
  for (auto [mine, theirs] : llvm::zip_equal(observers, other.observers))
    mine.statistics.merge(theirs.statistics);
  return llvm::Error::success();
}
