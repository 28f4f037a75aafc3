//===- SensitivityFile.cpp - what each site does to the output ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/CostModel/SensitivityFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <set>

using namespace quantc;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr StringRef kFormat = "quantc-sensitivity";

std::string ChoiceSensitivity::describe() const {
  std::map<StringRef, int64_t> counts;
  for (const auto &[site, candidate] : sites)
    ++counts[candidate];
  if (counts.size() == 1)
    return (counts.begin()->first + " everywhere").str();
  std::string text;
  for (const auto &[candidate, count] : counts)
    text += (llvm::Twine(text.empty() ? "" : ", ") + llvm::Twine(count) + " " +
             candidate)
                .str();
  return text;
}

static void printError(json::OStream &stream, const OutputError &error) {
  stream.attribute("kl_divergence", error.divergence);
  stream.attribute("noise_to_signal", error.noiseToSignal);
}

void SensitivityFile::print(llvm::raw_ostream &os) const {
  json::OStream stream(os, /*IndentSize=*/2);
  stream.object([&] {
    stream.attribute("format", kFormat);
    stream.attribute("version", kVersion);
    stream.attribute("fingerprint", fingerprint);
    stream.attribute("output", output);
    stream.attribute("samples", samples);
    stream.attributeArray("sites", [&] {
      for (const SiteSensitivity &entry : sites)
        stream.object([&] {
          stream.attribute("site", entry.site);
          stream.attribute("candidate", entry.candidate);
          stream.attribute("scheme", entry.scheme);
          printError(stream, entry);
        });
    });
    if (choices.empty())
      return;
    stream.attributeArray("choices", [&] {
      for (const ChoiceSensitivity &choice : choices)
        stream.object([&] {
          stream.attributeObject("sites", [&] {
            for (const auto &[site, candidate] : choice.sites)
              stream.attribute(site, candidate);
          });
          printError(stream, choice);
        });
    });
  });
  os << '\n';
}

/// A finite number that is not negative.
static bool readNumber(const json::Object &object, StringRef key, double &value,
                       json::Path path) {
  std::optional<double> number = object.getNumber(key);
  if (number && std::isfinite(*number) && *number >= 0) {
    value = *number;
    return true;
  }
  path.field(key).report("expected a number that is not negative");
  return false;
}

static bool readError(const json::Value &value, OutputError &error,
                      json::Path path) {
  const json::Object &object = *value.getAsObject();
  return readNumber(object, "kl_divergence", error.divergence, path) &&
         readNumber(object, "noise_to_signal", error.noiseToSignal, path);
}

namespace quantc {
static bool fromJSON(const json::Value &value, SiteSensitivity &entry,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("site", entry.site) &&
         map.map("candidate", entry.candidate) &&
         map.map("scheme", entry.scheme) && readError(value, entry, path);
}

static bool fromJSON(const json::Value &value, ChoiceSensitivity &choice,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("sites", choice.sites) &&
         readError(value, choice, path);
}

static bool fromJSON(const json::Value &value, SensitivityFile &file,
                     json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("fingerprint", file.fingerprint) &&
         map.map("output", file.output) && map.map("samples", file.samples) &&
         map.map("sites", file.sites) &&
         map.mapOptional("choices", file.choices);
}
} // namespace quantc

/// What is wrong with a file whose parts are right; empty if nothing is.
static std::string checkWhole(const SensitivityFile &file) {
  if (file.samples < 0)
    return "expected a number of samples, but got " +
           std::to_string(file.samples);
  std::set<std::pair<StringRef, StringRef>> sites;
  for (const SiteSensitivity &entry : file.sites)
    if (!sites.insert({entry.site, entry.candidate}).second)
      return "expected candidate '" + entry.candidate + "' of site '" +
             entry.site + "' once, but got it twice";
  std::set<std::map<std::string, std::string>> choices;
  for (const ChoiceSensitivity &choice : file.choices)
    if (!choices.insert(choice.sites).second)
      return "expected each choice once, but got one twice";
  return "";
}

llvm::Expected<SensitivityFile> SensitivityFile::parse(StringRef text,
                                                       StringRef path) {
  llvm::Expected<json::Value> value = json::parse(text);
  if (!value)
    return llvm::createStringError(path + ": expected JSON, but got: " +
                                   llvm::toString(value.takeError()));
  // Another kind of file is its own error, before any missing key.
  const json::Object *object = value->getAsObject();
  if (!object || object->getString("format") != kFormat ||
      object->getInteger("version") != kVersion)
    return llvm::createStringError(
        path + ": expected a sensitivity file with \"format\": \"" + kFormat +
        "\" and \"version\": " + llvm::Twine(kVersion));
  SensitivityFile file;
  json::Path::Root root("sensitivity");
  if (!fromJSON(*value, file, root))
    return llvm::createStringError(path + ": " +
                                   llvm::toString(root.getError()));
  if (std::string message = checkWhole(file); !message.empty())
    return llvm::createStringError(path + ": " + message);
  return file;
}

llvm::Expected<SensitivityFile> SensitivityFile::read(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot open '" + path +
                                   "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}

const SiteSensitivity *SensitivityFile::lookup(StringRef site,
                                               StringRef candidate) const {
  auto found = llvm::find_if(sites, [&](const SiteSensitivity &entry) {
    return entry.site == site && entry.candidate == candidate;
  });
  return found == sites.end() ? nullptr : &*found;
}
