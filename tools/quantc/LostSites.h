//===- LostSites.h - sites that stay in float against the recipe *- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANTC_LOSTSITES_H
#define QUANTC_TOOLS_QUANTC_LOSTSITES_H

#include "Tool.h"

#include <map>
#include <memory>
#include <vector>

namespace quantc::tool {

/// The sites that stay in float although the recipe asks for more: what the
/// passes say in remarks named "StaysFloat".
class LostSites {
public:
  /// Listens to the passes that the tool runs from now on.
  static std::shared_ptr<LostSites> collect(Tool &tool);

  /// Warns of them, one line a reason.
  void warn(Tool &tool) const;

  void add(llvm::StringRef site, llvm::StringRef reason);

private:
  std::map<std::string, std::vector<std::string>> sitesByReason;
};

} // namespace quantc::tool

#endif // QUANTC_TOOLS_QUANTC_LOSTSITES_H
