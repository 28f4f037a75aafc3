//===- Compare.cpp - results against what is expected ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compare.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>

using namespace llvm;

template <typename T>
static T read(StringRef bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::string quantc::check::compareElements(StringRef lower, StringRef upper,
                                           StringRef actual, bool isFloat,
                                           size_t width) {
  std::string text;
  raw_string_ostream os(text);
  for (size_t at = 0; at < actual.size(); at += width) {
    if (std::memcmp(lower.data() + at, actual.data() + at, width) == 0)
      continue;
    if (isFloat) {
      float low = read<float>(lower, at), high = read<float>(upper, at),
            value = read<float>(actual, at);
      bool isExact = std::memcmp(&low, &high, sizeof(float)) == 0;
      if ((std::isnan(low) && std::isnan(value)) ||
          (!isExact && low <= value && value <= high))
        continue;
      os << "element " << at / width << ": expected "
         << format("%.9g, but got %.9g", low, value);
      return text;
    }
    auto integer = [&](StringRef bytes) {
      return width == 1 ? int64_t(read<int8_t>(bytes, at))
                        : int64_t(read<int16_t>(bytes, at));
    };
    int64_t low = integer(lower), value = integer(actual);
    if (low <= value && value <= integer(upper))
      continue;
    os << "element " << at / width << ": expected " << low << ", but got "
       << value;
    return text;
  }
  return text;
}
