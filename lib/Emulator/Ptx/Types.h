//===- Types.h - fundamental types of PTX -----------------------*- C++ -*- C++
//-*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fundamental and packed types of PTX (PTX ISA, "Type Information").
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_PTX_TYPES_H
#define QUANTC_EMULATOR_PTX_TYPES_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace quantc::emulator {

enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  U16x2,
  S16x2,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
  F32,
  F32x2,
  F64,
};

/// Size in bytes; a predicate has none.
constexpr unsigned sizeOf(Type type) {
  switch (type) {
  case Type::None:
  case Type::Pred:
    return 0;
  case Type::B8:
  case Type::U8:
  case Type::S8:
  case Type::E4M3:
  case Type::E5M2:
    return 1;
  case Type::B16:
  case Type::U16:
  case Type::S16:
  case Type::F16:
  case Type::BF16:
  case Type::E4M3x2:
  case Type::E5M2x2:
    return 2;
  case Type::B32:
  case Type::U32:
  case Type::S32:
  case Type::U16x2:
  case Type::S16x2:
  case Type::F16x2:
  case Type::BF16x2:
  case Type::TF32:
  case Type::F32:
    return 4;
  case Type::B64:
  case Type::U64:
  case Type::S64:
  case Type::F32x2:
  case Type::F64:
    return 8;
  case Type::B128:
    return 16;
  }
  return 0;
}

constexpr bool isSigned(Type type) {
  return type == Type::S8 || type == Type::S16 || type == Type::S32 ||
         type == Type::S64 || type == Type::S16x2;
}

/// Bits without an interpretation: .b8 to .b128.
constexpr bool isBits(Type type) {
  return type >= Type::B8 && type <= Type::B128;
}

/// Signed, unsigned or untyped integers of 8 to 64 bits.
constexpr bool isInteger(Type type) {
  return (type >= Type::B8 && type <= Type::B64) ||
         (type >= Type::U8 && type <= Type::S64);
}

/// The type that a modifier names ("s32" without its dot), or nothing.
std::optional<Type> parseType(std::string_view name);
/// The modifier's name, without a dot.
std::string_view nameOf(Type type);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_PTX_TYPES_H
