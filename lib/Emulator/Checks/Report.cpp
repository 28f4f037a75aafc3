//===- Report.cpp - faults and findings of a kernel run -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"

using namespace quantc::emulator;

const char *quantc::emulator::nameOf(Check check) {
  switch (check) {
  case Check::OutOfBounds:
    return "out-of-bounds";
  case Check::Misaligned:
    return "misaligned";
  case Check::Uninitialized:
    return "uninitialized";
  case Check::Race:
    return "race";
  case Check::DivergentBarrier:
    return "divergent-barrier";
  case Check::Deadlock:
    return "deadlock";
  case Check::MBarrier:
    return "mbarrier";
  case Check::Asynchronous:
    return "asynchronous";
  case Check::Trap:
    return "trap";
  case Check::Unsupported:
    return "unsupported";
  case Check::Other:
    break;
  }
  return "fault";
}

std::string Finding::str() const {
  std::string result = std::string(nameOf(check)) + ": " + message +
                       "\n  kernel " + kernel + place;
  if (times > 1)
    result += "\n  " + std::to_string(times) + " times";
  return result + "\n";
}

void Report::add(Finding finding) {
  std::lock_guard<std::mutex> lock(mutex);
  auto [known, isNew] =
      findings.emplace(std::make_pair(finding.line, finding.check), finding);
  if (!isNew)
    ++known->second.times;
}

std::vector<Finding> Report::sorted() const {
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<Finding> result;
  for (const auto &entry : findings)
    result.push_back(entry.second);
  return result;
}
