//===- StatisticsReader.cpp - statistics from disk ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/StatisticsFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <cstring>

using namespace quantc;
using llvm::StringRef;
namespace json = llvm::json;

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

/// Whether `inner` has elements only where `outer` has; either may be empty.
static bool contains(const MinMax &outer, const MinMax &inner) {
  return inner.isEmpty()
             ? inner.min == MinMax().min && inner.max == MinMax().max
             : outer.min <= inner.min && inner.max <= outer.max;
}

/// Reads the minima and the maxima of ranges. The paths of errors refer to the
/// keys.
static void readRanges(ObjectReader &reader, llvm::StringLiteral minima,
                       llvm::StringLiteral maxima,
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
  reader.memberBy(minima, readBounds(&MinMax::min))
      .memberBy(maxima, readBounds(&MinMax::max));
}

/// Reads what printStatistics prints, but for the channels.
static void readStatistics(ObjectReader &reader, Statistics &statistics) {
  if (reader.has("batch_min")) {
    readRanges(reader, "batch_min", "batch_max", statistics.batches);
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
  if (statistics.range.isEmpty() != (statistics.count == 0)) {
    path.report("expected min <= max exactly where something was counted");
    return false;
  }
  const std::pair<llvm::StringLiteral, const std::vector<MinMax> &> parts[] = {
      {"channel_min", statistics.channels},
      {"token_min", statistics.tokens},
      {"batch_min", statistics.batches}};
  for (const auto &[key, ranges] : parts)
    for (auto [i, range] : llvm::enumerate(ranges))
      if (!contains(statistics.range, range)) {
        path.field(key).index(i).report(
            "expected a range within that of the whole, or null for both "
            "bounds");
        return false;
      }
  return true;
}

static bool readMagnitudes(const json::Value &value, int64_t channels,
                           int64_t count, std::vector<Magnitudes> &magnitudes,
                           json::Path path) {
  std::vector<int64_t> counts;
  std::vector<std::string> sums;
  ObjectReader reader(value, path);
  reader.member("counts", counts).member("sums", sums);
  if (!reader.finish())
    return false;
  if (int64_t(counts.size()) != channels || int64_t(sums.size()) != channels) {
    path.report("expected a count and a sum for each channel");
    return false;
  }
  magnitudes.resize(channels);
  for (int64_t i = 0; i < channels; ++i) {
    std::optional<ExactSum> sum = ExactSum::fromHex(sums[i]);
    if (!sum || (counts[i] == 0 && sums[i] != "0")) {
      path.field("sums").index(i).report(
          "expected a sum in hexadecimal digits, 0 where nothing was counted");
      return false;
    }
    if (counts[i] < 0 || (count -= counts[i]) < 0) {
      path.field("counts").report("expected counts that add up to 'count'");
      return false;
    }
    magnitudes[i] = {*sum, counts[i]};
  }
  if (count == 0)
    return true;
  path.field("counts").report("expected counts that add up to 'count'");
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
    readRanges(reader, "channel_min", "channel_max", statistics.channels);
  }
  if (reader.has("token_min"))
    readRanges(reader, "token_min", "token_max", statistics.tokens);
  if (reader.has("head")) {
    record.head = 0;
    reader.member("head", *record.head).member("heads", statistics.heads);
  }
  readStatistics(reader, statistics);
  if (reader.has("magnitudes"))
    reader.memberBy(
        "magnitudes", [&](const json::Value &value, json::Path path) {
          return readMagnitudes(value, statistics.channels.size(),
                                statistics.count, statistics.magnitudes, path);
        });
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
  if (!object || object->getString("format") != StringRef(kFormat))
    return error("expected a statistics file with \"format\": \"" + kFormat +
                 "\"");
  std::optional<int64_t> version = object->getInteger("version");
  if (!version || *version < kOldestVersion || *version > kVersion)
    return error("expected statistics of version " +
                 llvm::Twine(kOldestVersion) + " to " + llvm::Twine(kVersion) +
                 ", but got " +
                 (version ? llvm::Twine(*version) : llvm::Twine("none")));

  StatisticsFile file;
  json::Path::Root root("statistics");
  if (!readHeader(*value, file, root))
    return error(llvm::toString(root.getError()));
  if (file.getVersion() > *version)
    return error(
        "expected statistics of version " + llvm::Twine(file.getVersion()) +
        ", which has " +
        (file.getVersion() == 2 ? "sums of magnitudes" : "ranges of tokens") +
        ", but got " + llvm::Twine(*version));
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
