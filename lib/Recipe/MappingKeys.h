//===- MappingKeys.h - the keys of a mapping in YAML ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's reader says that a key is missing before it looks for unknown ones,
// and a key that is misspelt is both. Here unknown keys come first, with the
// key of the same mapping that was probably meant.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_RECIPE_MAPPINGKEYS_H
#define QUANTC_LIB_RECIPE_MAPPINGKEYS_H

#include "quantc/Recipe/Recipe.h"

#include "llvm/Support/YAMLTraits.h"

namespace quantc {

/// What an llvm::yaml::Input for recipes has as its context.
struct RecipeText {
  llvm::StringRef text;
  /// "line:column: message", the first one only.
  std::string error;

  RecipePosition getPosition(const char *pointer) const;
};

/// Where the value that is being read begins.
RecipePosition getPosition(llvm::yaml::IO &io);

/// The known word that was probably meant by another one; nothing where it
/// shares too little with all of them to be a slip of the hand.
std::optional<llvm::StringRef>
getNearest(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> known);

/// Reads one mapping, key by key.
class MappingKeys {
public:
  explicit MappingKeys(llvm::yaml::IO &io);

  template <typename T>
  void mapOptional(const char *key, T &value) {
    known.push_back(key);
    io.mapOptional(key, value);
  }
  template <typename T, typename Context>
  void mapOptional(const char *key, T &value, Context &context) {
    known.push_back(key);
    io.mapOptionalWithContext(key, value, context);
  }
  template <typename T>
  void mapRequired(const char *key, T &value) {
    if (!has(key))
      missing.push_back(key);
    mapOptional(key, value);
  }

  bool has(llvm::StringRef key) const { return llvm::is_contained(keys, key); }

  /// To be called after the last key: refuses unknown keys, then missing ones.
  void finish();

private:
  void refuse(llvm::StringRef key);

  llvm::yaml::IO &io;
  std::vector<llvm::StringRef> keys;
  llvm::SmallVector<llvm::StringRef> known, missing;
};

} // namespace quantc

#endif // QUANTC_LIB_RECIPE_MAPPINGKEYS_H
