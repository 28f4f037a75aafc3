//===- Front.cpp - the front that scheme selection writes -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Front.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using namespace quantc::tool;
using namespace llvm;

namespace quantc {
static bool fromJSON(const json::Value &value, FrontReport &point,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  std::map<std::string, std::string> sites;
  if (!map || !map.map("cost_seconds", point.seconds) ||
      !map.map("error", point.error) || !map.map("sites", sites))
    return false;
  point.quantizedSites = count_if(
      sites, [](const auto &entry) { return entry.second != "float"; });
  return true;
}

namespace tool {
static bool fromJSON(const json::Value &value, ChosenSchemes &chosen,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("cost_seconds", chosen.seconds) &&
         map.map("sites", chosen.sites);
}
} // namespace tool
} // namespace quantc

static Expected<json::Value> parseFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return makeFileError(path, buffer.getError().message());
  Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return makeFileError(path, toString(value.takeError()));
  return value;
}

Expected<ChosenSchemes> quantc::tool::readChosen(StringRef path) {
  Expected<json::Value> value = parseFile(path);
  if (!value)
    return value.takeError();
  json::Path::Root root("front");
  json::ObjectMapper map(*value, root);
  ChosenSchemes chosen;
  if (!map || !map.map("chosen", chosen))
    return makeFileError(path, toString(root.getError()));
  return chosen;
}

Error quantc::tool::readFront(StringRef path, ModelReport &report) {
  Expected<json::Value> value = parseFile(path);
  if (!value)
    return value.takeError();
  json::Path::Root root("front");
  json::ObjectMapper map(*value, root);
  if (!map || !map.map("target", report.target) ||
      !map.map("front", report.front) || !map.map("chosen", report.chosen))
    return makeFileError(path, toString(root.getError()));
  return Error::success();
}

Error quantc::tool::convertFront(Tool &tool, StringRef path) {
  StringRef ending = sys::path::extension(path);
  if (ending != ".csv" && ending != ".svg")
    return Error::success();
  ModelReport report;
  if (Error error = readFront(tool.getOutputs().getTemporary(path), report))
    return error;
  std::string text;
  raw_string_ostream os(text);
  if (ending == ".csv")
    printFrontCSV(report.front, os);
  else
    printFrontSVG(report.front, report.target, os);
  return tool.getOutputs().write(path, text);
}
