//===- SwitchedSites.h - one program for many choices -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model in which each site is there in float and once more for each of its
// candidates, and asks the host before it computes which one is wanted:
//
//   %form = func.call @quantc_site_form(%site) : (i32) -> i32
//   %r = scf.index_switch %form_index
//   case 1 { linalg.matmul {qnn.scheme = <that of the first candidate>} .. }
//   default { linalg.matmul {qnn.float_reason = ..} .. }
//
// So a program is compiled once for all choices, of which there are many more
// than there are candidates.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_SWITCHEDSITES_H
#define QUANTC_TOOLS_QUANTC_SWITCHEDSITES_H

#include "quantc/Dialect/QNN/IR/QNNOps.h"
#include "quantc/Execution/Executable.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>
#include <vector>

namespace quantc::tool {

/// The forms of the sites of a model; those that are in float alone are not
/// there.
class SwitchedSites {
public:
  /// Form 0 is float, form i + 1 that of candidate i.
  struct Site {
    std::string name;
    std::vector<std::string> candidates;
    /// What each of them is.
    std::vector<qnn::SchemeAttr> schemes;
  };

  /// Makes switches of the sites of `module`, which is one of the selections or
  /// a copy of one. `selections` are the model with the schemes of each of
  /// `candidates`.
  SwitchedSites(mlir::ModuleOp module,
                llvm::ArrayRef<mlir::ModuleOp> selections,
                llvm::ArrayRef<std::string> candidates);

  llvm::ArrayRef<Site> getSites() const { return sites; }

  /// The name of a site of which a form was to be quantized and was left in
  /// float, by whatever came after; empty where there is none.
  static std::string findLost(mlir::ModuleOp module);

  /// The form of each site, of the program that runs on this thread from now
  /// on: as long as the sites, and to be kept by the caller until then.
  static void setForms(llvm::ArrayRef<int32_t> forms);
  /// What the program calls.
  static HostSymbol getSymbol();

private:
  std::vector<Site> sites;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_SWITCHEDSITES_H
