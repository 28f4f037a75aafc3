//===- StatisticsFile.cpp - statistics on disk ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/StatisticsFile.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace quantc;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr StringRef kFormat = "quantc-statistics";

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

static void printRecord(json::OStream &stream, const ObserverRecord &record) {
  stream.attribute("name", record.name);
  if (record.axis)
    stream.attribute("axis", *record.axis);
  printStatistics(stream, record.statistics, record.axis.has_value());
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

void StatisticsFile::print(llvm::raw_ostream &os) const {
  json::OStream stream(os, /*IndentSize=*/2);
  stream.object([&] {
    stream.attribute("format", kFormat);
    stream.attribute("version", kVersion);
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
// Reading
//===----------------------------------------------------------------------===//

/// A float, or null for the bound of an empty range.
static bool readBound(const json::Value &value, float ifNull, float &bound,
                      json::Path path) {
  if (value.kind() == json::Value::Null) {
    bound = ifNull;
    return true;
  }
  double number;
  if (!json::fromJSON(value, number, path))
    return false;
  bound = static_cast<float>(number);
  if (std::isfinite(bound))
    return true;
  path.report("expected a finite f32");
  return false;
}

static bool readCount(const json::Value &value, int64_t &count,
                      json::Path path) {
  if (!json::fromJSON(value, count, path))
    return false;
  if (count >= 0)
    return true;
  path.report("expected a count that is not negative");
  return false;
}

namespace {
/// Reads the members of one object; every one is mandatory and others are
/// refused, so that a misspelt file is not half read.
class ObjectReader {
public:
  ObjectReader(const json::Value &value, json::Path path)
      : object(value.getAsObject()), path(path) {
    if (!object)
      fail(path, "expected an object");
  }

  bool has(StringRef key) const { return object && object->get(key); }

  /// Calls read(value, path) on the member.
  template <typename ReadFn>
  ObjectReader &memberBy(StringRef key, ReadFn read) {
    if (failed)
      return *this;
    known.insert(key);
    const json::Value *value = object->get(key);
    if (!value)
      return fail(path.field(key), "expected a value");
    failed = !read(*value, path.field(key));
    return *this;
  }

  template <typename T>
  ObjectReader &member(StringRef key, T &result) {
    return memberBy(key, [&](const json::Value &value, json::Path path) {
      return json::fromJSON(value, result, path);
    });
  }

  bool finish() {
    if (failed)
      return false;
    for (const auto &entry : *object)
      if (!known.contains(StringRef(entry.first))) {
        fail(path.field(entry.first), "expected no such key");
        return false;
      }
    return true;
  }

  ObjectReader &fail(json::Path where, llvm::StringLiteral message) {
    if (!failed)
      where.report(message);
    failed = true;
    return *this;
  }

private:
  const json::Object *object;
  json::Path path;
  llvm::StringSet<> known;
  bool failed = false;
};
} // namespace

static bool readHistogram(const json::Value &value, int64_t count,
                          Histogram &histogram, json::Path path) {
  int64_t exponent = 0, first = 0;
  std::vector<int64_t> counts;
  ObjectReader reader(value, path);
  reader.member("bin_exponent", exponent)
      .member("first_bin", first)
      .member("counts", counts);
  if (!reader.finish())
    return false;
  if (exponent < Histogram::kMinExponent ||
      exponent > Histogram::kMaxExponent) {
    path.field("bin_exponent").report("expected an exponent in [-159, 117]");
    return false;
  }
  if (first < -Histogram::kHalfBins ||
      int64_t(counts.size()) > Histogram::kHalfBins - first) {
    path.field("first_bin").report("expected bins in [-2048, 2048)");
    return false;
  }
  histogram.widen(exponent);
  for (auto [i, entry] : llvm::enumerate(counts)) {
    if (entry < 0 || (count -= entry) < 0) {
      path.field("counts").report("expected counts that add up to 'count'");
      return false;
    }
    histogram.addToBin(first + i, entry);
  }
  if (count == 0)
    return true;
  path.field("counts").report("expected counts that add up to 'count'");
  return false;
}

/// Reads <prefix>_min and <prefix>_max.
static void readRanges(ObjectReader &reader, StringRef prefix,
                       std::vector<MinMax> &ranges) {
  auto readBounds = [&](float MinMax::*bound) {
    return [&ranges, bound](const json::Value &value, json::Path path) {
      const json::Array *array = value.getAsArray();
      if (!array) {
        path.report("expected a list");
        return false;
      }
      if (ranges.empty())
        ranges.resize(array->size());
      if (ranges.size() != array->size()) {
        path.report("expected as many minima as maxima");
        return false;
      }
      for (auto [i, entry] : llvm::enumerate(*array))
        if (!readBound(entry, MinMax().*bound, ranges[i].*bound, path.index(i)))
          return false;
      return true;
    };
  };
  reader.memberBy((prefix + "_min").str(), readBounds(&MinMax::min))
      .memberBy((prefix + "_max").str(), readBounds(&MinMax::max));
}

/// Reads what printStatistics prints, but for the channels.
static void readStatistics(ObjectReader &reader, Statistics &statistics) {
  if (reader.has("batch_min")) {
    readRanges(reader, "batch", statistics.batches);
    statistics.keepsBatches = true;
  }
  auto readBoundOf = [&](float MinMax::*bound) {
    return [&statistics, bound](const json::Value &value, json::Path path) {
      return readBound(value, MinMax().*bound, statistics.range.*bound, path);
    };
  };
  auto readCountInto = [](int64_t &count) {
    return [&count](const json::Value &value, json::Path path) {
      return readCount(value, count, path);
    };
  };
  reader.memberBy("count", readCountInto(statistics.count))
      .memberBy("nan", readCountInto(statistics.nanCount))
      .memberBy("inf", readCountInto(statistics.infCount))
      .memberBy("min", readBoundOf(&MinMax::min))
      .memberBy("max", readBoundOf(&MinMax::max))
      .memberBy("histogram", [&](const json::Value &value, json::Path path) {
        return readHistogram(value, statistics.count, statistics.histogram,
                             path);
      });
}

static bool finish(ObjectReader &reader, const Statistics &statistics,
                   json::Path path) {
  if (!reader.finish())
    return false;
  if (statistics.range.isEmpty() == (statistics.count == 0))
    return true;
  path.report("expected min <= max exactly where something was counted");
  return false;
}

static bool readRows(const json::Value &value, int64_t channels,
                     RowSample &rows, json::Path path) {
  int64_t capacity = 0;
  std::string text;
  ObjectReader reader(value, path);
  reader.member("capacity", capacity).member("values", text);
  if (!reader.finish())
    return false;
  if (capacity < 1 || capacity > RowSample::kMaxCapacity) {
    path.field("capacity").report("expected a capacity in [1, 65536]");
    return false;
  }
  std::vector<char> bytes;
  int64_t rowBytes = channels * sizeof(float);
  if (llvm::Error error = llvm::decodeBase64(text, bytes)) {
    llvm::consumeError(std::move(error));
    path.field("values").report("expected base64");
    return false;
  }
  if (rowBytes == 0 || bytes.size() % rowBytes != 0) {
    path.field("values").report("expected rows of one f32 a channel");
    return false;
  }
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  rows = RowSample(capacity);
  for (size_t i = 0; i < values.size(); i += channels)
    rows.add(values.data() + i, channels, /*stride=*/1);
  if (rows.size() * channels == int64_t(values.size()))
    return true;
  path.field("values").report(
      "expected distinct rows of finite values, no more than 'capacity'");
  return false;
}

namespace quantc {
/// A head; found by json::fromJSON of the list.
static bool fromJSON(const json::Value &value, Statistics &statistics,
                     json::Path path) {
  ObjectReader reader(value, path);
  readStatistics(reader, statistics);
  return finish(reader, statistics, path);
}

/// Found by json::fromJSON of the list.
static bool fromJSON(const json::Value &value, ObserverRecord &record,
                     json::Path path) {
  Statistics &statistics = record.statistics;
  ObjectReader reader(value, path);
  reader.member("name", record.name);
  if (reader.has("axis")) {
    record.axis = 0;
    reader.member("axis", *record.axis);
    readRanges(reader, "channel", statistics.channels);
  }
  if (reader.has("head")) {
    record.head = 0;
    reader.member("head", *record.head).member("heads", statistics.heads);
  }
  readStatistics(reader, statistics);
  if (reader.has("rows"))
    reader.memberBy("rows", [&](const json::Value &value, json::Path path) {
      return readRows(value, statistics.channels.size(), statistics.rows, path);
    });
  if (!finish(reader, statistics, path))
    return false;
  if (!record.head)
    return true;
  // Counts that were taken away one by one do not overflow.
  int64_t count = statistics.count, nan = statistics.nanCount,
          inf = statistics.infCount;
  for (const Statistics &head : statistics.heads)
    if ((count -= head.count) < 0 || (nan -= head.nanCount) < 0 ||
        (inf -= head.infCount) < 0)
      break;
  if (count == 0 && nan == 0 && inf == 0)
    return true;
  path.field("heads").report("expected counts that add up to the whole's");
  return false;
}
} // namespace quantc

static bool readHeader(const json::Value &value, StatisticsFile &file,
                       json::Path path) {
  std::string format;
  int64_t version;
  ObjectReader reader(value, path);
  reader.member("format", format)
      .member("version", version)
      .member("fingerprint", file.fingerprint)
      .memberBy("samples",
                [&](const json::Value &value, json::Path path) {
                  return readCount(value, file.samples, path);
                })
      .member("observers", file.observers);
  return reader.finish();
}

llvm::Expected<StatisticsFile> StatisticsFile::parse(StringRef text,
                                                     StringRef path) {
  auto error = [&](const llvm::Twine &message) {
    return llvm::createStringError(path + ": " + message);
  };
  llvm::Expected<json::Value> value = json::parse(text);
  if (!value)
    return error("expected a complete JSON document, but got " +
                 llvm::toString(value.takeError()));
  // Another format or version is its own error, before any missing key.
  const json::Object *object = value->getAsObject();
  if (!object || object->getString("format") != kFormat)
    return error("expected a statistics file with \"format\": \"" + kFormat +
                 "\"");
  std::optional<int64_t> version = object->getInteger("version");
  if (version != kVersion)
    return error("expected statistics of version " + llvm::Twine(kVersion) +
                 ", but got " +
                 (version ? llvm::Twine(*version) : llvm::Twine("none")));

  StatisticsFile file;
  json::Path::Root root("statistics");
  if (!readHeader(*value, file, root))
    return error(llvm::toString(root.getError()));
  llvm::StringSet<> names;
  for (const ObserverRecord &record : file.observers)
    if (!names.insert(record.name).second)
      return error("expected one entry for each observer, but got two for '" +
                   record.name + "'");
  return file;
}

llvm::Expected<StatisticsFile> StatisticsFile::read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot open '" + path +
                                   "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
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
