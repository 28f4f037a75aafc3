//===- ExactSum.cpp - sums of floats without rounding ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Calibration/ExactSum.h"

#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace quantc;

void ExactSum::carry() {
  uint64_t rest = 0;
  for (uint64_t &limb : limbs) {
    limb += rest;
    rest = limb >> 32;
    limb &= 0xffffffff;
  }
  pending = 0;
}

void ExactSum::merge(const ExactSum &other) {
  ExactSum addend = other;
  addend.carry();
  carry();
  for (int i = 0; i < kLimbs; ++i)
    limbs[i] += addend.limbs[i];
  carry();
}

double ExactSum::get() const {
  ExactSum sum = *this;
  sum.carry();
  int top = kLimbs * 32 - 1;
  while (top >= 0 && !sum.getBit(top))
    --top;
  // 53 bits, and one more for what lies below them.
  int low = std::max(top - 53, 0);
  uint64_t digits = 0;
  for (int bit = top; bit >= low; --bit)
    digits = digits << 1 | sum.getBit(bit);
  bool isMore = false;
  for (int bit = 0; bit < low && !isMore; ++bit)
    isMore = sum.getBit(bit);
  if (low > 0) {
    // Above a half is up; a half is up where the last digit is odd.
    bool isHalf = digits & 1;
    digits >>= 1;
    digits += isHalf && (isMore || digits & 1);
    ++low;
  }
  return std::ldexp(double(digits), low - 149);
}

std::string ExactSum::toHex() const {
  ExactSum sum = *this;
  sum.carry();
  std::string text;
  for (int i = kLimbs - 1; i >= 0; --i)
    text += llvm::utohexstr(sum.limbs[i], /*LowerCase=*/true, /*Width=*/8);
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  return text;
}

std::optional<ExactSum> ExactSum::fromHex(llvm::StringRef digits) {
  if (digits.empty() || digits.size() > kLimbs * 8)
    return std::nullopt;
  ExactSum sum;
  for (auto [i, digit] : llvm::enumerate(llvm::reverse(digits))) {
    unsigned value = llvm::hexDigitValue(digit);
    if (value > 15)
      return std::nullopt;
    sum.limbs[i / 8] |= uint64_t(value) << (i % 8 * 4);
  }
  // One spelling for each sum.
  if (sum.toHex() != digits)
    return std::nullopt;
  return sum;
}
