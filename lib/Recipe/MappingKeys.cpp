//===- MappingKeys.cpp - the keys of a mapping in YAML --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MappingKeys.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/YAMLParser.h"

using namespace quantc;
using llvm::StringRef;
namespace yaml = llvm::yaml;

RecipePosition RecipeText::getPosition(const char *pointer) const {
  StringRef before = text.take_front(pointer - text.data());
  size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
  return {unsigned(before.count('\n') + 1),
          unsigned(before.size() - lineStart + 1)};
}

/// Recipes are only ever read; nullptr without a node.
static const char *getPointer(yaml::IO &io) {
  const auto *node = static_cast<yaml::Input &>(io).getCurrentNode();
  return node ? node->getSourceRange().Start.getPointer() : nullptr;
}

static RecipeText &getText(yaml::IO &io) {
  return *static_cast<RecipeText *>(io.getContext());
}

RecipePosition quantc::getPosition(yaml::IO &io) {
  const char *pointer = getPointer(io);
  return pointer ? getText(io).getPosition(pointer) : RecipePosition();
}

MappingKeys::MappingKeys(yaml::IO &io) : io(io) {
  // A mapping without a key is read as nothing.
  const auto *node = static_cast<yaml::Input &>(io).getCurrentNode();
  if (llvm::isa_and_nonnull<yaml::MappingNode>(node))
    keys = io.keys();
}

std::optional<StringRef> quantc::getNearest(StringRef word,
                                            llvm::ArrayRef<StringRef> known) {
  const StringRef *nearest =
      llvm::min_element(known, [&](StringRef a, StringRef b) {
        return word.edit_distance(a) < word.edit_distance(b);
      });
  if (2 * word.edit_distance(*nearest) <= std::max<size_t>(word.size(), 3))
    return *nearest;
  return std::nullopt;
}

/// Points to the key, which LLVM's reader keeps to itself: it is the last thing
/// before its value that has its text.
void MappingKeys::refuse(StringRef key) {
  RecipeText &recipe = getText(io);
  RecipePosition position = ::getPosition(io);
  bool useDefault = false;
  void *saved = nullptr;
  if (io.preflightKey(key, /*Required=*/false, /*SameAsDefault=*/false,
                      useDefault, saved)) {
    const char *value = getPointer(io);
    io.postflightKey(saved);
    StringRef before = recipe.text.take_front(value - recipe.text.data());
    // A value that is not there stands where its key does.
    size_t at = recipe.text.substr(before.size()).starts_with(key)
                    ? before.size()
                    : before.rfind(key);
    if (at != StringRef::npos)
      position = recipe.getPosition(recipe.text.data() + at);
  }
  std::string message = ("unknown key '" + key + "'; ").str();
  if (std::optional<StringRef> nearest = getNearest(key, known))
    message += "did you mean '" + nearest->str() + "'?";
  else
    message += "expected one of " + llvm::join(known, ", ");
  if (recipe.error.empty())
    recipe.error = std::to_string(position.line) + ":" +
                   std::to_string(position.column) + ": " + message;
  io.setError(message);
}

void MappingKeys::finish() {
  if (static_cast<yaml::Input &>(io).error())
    return;
  for (StringRef key : keys)
    if (!llvm::is_contained(known, key))
      return refuse(key);
  if (!missing.empty())
    io.setError("missing required key '" + missing.front() + "'");
}
