//===- SensitivityFile.h - what each site does to the output ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sensitivity of a model to a site is what happens to the model's output
// when that site alone is quantized. `quantc sensitivity` measures it; a recipe
// with `auto` takes it as the error of its choices.
//
//   {
//     "format": "quantc-sensitivity",
//     "version": 2,
//     "fingerprint": "<qnn.fingerprint of the smoothed module>",
//     "output": "logits",
//     "samples": 64,
//     "sites": [
//       {"site": "mlp.up", "candidate": "static",
//        "scheme": "#qnn.scheme<lhs = .., rhs = ..>",
//        "kl_divergence": 1.25e-05, "noise_to_signal": 3.1e-04}
//     ],
//     "choices": [
//       {"sites": {"head": "float", "mlp.up": "static"},
//        "kl_divergence": 1.25e-05, "noise_to_signal": 3.1e-04}
//     ]
//   }
//
// "choices" may be absent.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_COSTMODEL_SENSITIVITYFILE_H
#define QUANTC_COSTMODEL_SENSITIVITYFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quantc {

/// How far an output is from that of the float model.
struct OutputError {
  /// Mean over the output's rows of KL(softmax(float) || softmax(quantized)),
  /// in nats.
  double divergence = 0;
  /// sum (float - quantized)^2 / sum float^2 over the output's elements.
  double noiseToSignal = 0;
};

/// One site that was quantized alone, in one way.
struct SiteSensitivity : OutputError {
  std::string site;
  /// The recipe's candidate; empty for a recipe without candidates.
  std::string candidate;
  /// What the candidate was, so that a name of another recipe is not taken for
  /// it.
  std::string scheme;
};

/// A model whose sites were quantized at once.
struct ChoiceSensitivity : OutputError {
  /// The candidate of each site, or "float".
  std::map<std::string, std::string> sites;

  /// "static everywhere", or "12 channel, 3 float".
  std::string describe() const;
};

struct SensitivityFile {
  static constexpr int kVersion = 2;

  /// Of the module that was measured; empty where it had none.
  std::string fingerprint;
  /// Name of the output that was compared.
  std::string output;
  /// Indices along the data's first axis that the model was run on.
  int64_t samples = 0;
  /// In the module's order, the candidates of a site next to each other.
  std::vector<SiteSensitivity> sites;
  /// Each only once.
  std::vector<ChoiceSensitivity> choices;

  /// Errors begin with the path and say what was expected.
  static llvm::Expected<SensitivityFile> read(llvm::StringRef path);
  static llvm::Expected<SensitivityFile> parse(llvm::StringRef text,
                                               llvm::StringRef path);
  void print(llvm::raw_ostream &os) const;

  /// Returns the entry of a site's candidate, or null.
  const SiteSensitivity *lookup(llvm::StringRef site,
                                llvm::StringRef candidate) const;
};

} // namespace quantc

#endif // QUANTC_COSTMODEL_SENSITIVITYFILE_H
