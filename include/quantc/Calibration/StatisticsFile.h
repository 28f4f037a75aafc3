//===- StatisticsFile.h - statistics on disk --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What calibration leaves behind: a JSON document, one line for each list so
// that people can read it and tools can compare it. The same data give the same
// bytes, whether they were seen in one run or in several that were merged.
//
//   {
//     "format": "quantc-statistics",
//     "version": 1,         (2 with "magnitudes", 3 with "token_min")
//     "fingerprint": "<qnn.fingerprint of the annotated module>",
//     "samples": 256,
//     "observers": [
//       {
//         "name": "mlp.up/lhs",
//         "axis": 1,                    (absent without an axis)
//         "count": 65536, "nan": 0, "inf": 0,
//         "min": -3.5, "max": 4.25,     (null where nothing finite was seen)
//         "channel_min": [...], "channel_max": [...],   (only with an axis)
//         "token_min": [...], "token_max": [...],       (only where kept)
//         "batch_min": [...], "batch_max": [...],       (only where kept)
//         "histogram": {"bin_exponent": -8, "first_bin": -896,
//                       "counts": [...]},
//         "magnitudes": {"counts": [...], "sums": ["1f8c...", ...]},
//                       (only where kept; hexadecimal multiples of 2^-149)
//         "rows": {"capacity": 128, "values": "<base64 of f32>"},
//                       (only where kept)
//         "head": 1,    (the dimension; absent without heads)
//         "heads": [    (each with what the whole has above)
//           {"count": 16384, "nan": 0, "inf": 0, "min": -1, "max": 2,
//            "histogram": {...}}
//         ]
//       }
//     ]
//   }
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CALIBRATION_STATISTICSFILE_H
#define QUANTC_CALIBRATION_STATISTICSFILE_H

#include "quantc/Calibration/Statistics.h"

#include "llvm/ADT/StringRef.h"
#include <string>

namespace quantc {

/// One observer of a module and what it saw.
struct ObserverRecord {
  std::string name;
  std::optional<int64_t> axis;
  Statistics statistics;
  /// The dimension of the heads.
  std::optional<int64_t> head;
};

/// The statistics of all observers of a module, in the module's order.
struct StatisticsFile {
  static constexpr llvm::StringLiteral kFormat = "quantc-statistics";
  /// The newest version: 2 has sums of magnitudes, 3 ranges of tokens. Files
  /// without them are of version 1, byte for byte what it was.
  static constexpr int kVersion = 3;
  static constexpr int kOldestVersion = 1;

  std::string fingerprint;
  /// Samples (indices along the data's first axis) that the model was run on.
  int64_t samples = 0;
  std::vector<ObserverRecord> observers;

  /// The oldest version that holds all of this.
  int getVersion() const;

  /// Errors begin with the path and say what was expected.
  static llvm::Expected<StatisticsFile> read(llvm::StringRef path);
  static llvm::Expected<StatisticsFile> parse(llvm::StringRef text,
                                              llvm::StringRef path);

  /// Writes under a temporary name and renames.
  llvm::Error write(llvm::StringRef path) const;
  void print(llvm::raw_ostream &os) const;

  /// Returns the record of that name, or null.
  const ObserverRecord *lookup(llvm::StringRef name) const;

  /// Takes in what another run over the same model saw. Fails, and changes
  /// nothing, where model or observers differ.
  llvm::Error merge(const StatisticsFile &other);
};

} // namespace quantc

#endif // QUANTC_CALIBRATION_STATISTICSFILE_H
