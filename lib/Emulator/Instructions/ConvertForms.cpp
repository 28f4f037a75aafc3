//===- ConvertForms.cpp - which forms of cvt there are --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Convert.h"

using namespace quantc::emulator;

namespace {

/// Modifiers that a pair of types takes.
struct Form {
  enum Need { No, May, Must };
  Need real = No, integer = No;
  bool ftz = false, sat = false;
  bool finite = false; ///< .relu, .satfinite, with .rn or .rz
  bool away = false;   ///< .rna, with .satfinite
};

bool isF16OrF64(Type type) { return type == Type::F16 || type == Type::F64; }

Form integerToInteger(Type to, Type from) {
  Form form;
  bool wide = sizeOf(to) > sizeOf(from),
       same = isSigned(to) == isSigned(from) && sizeOf(to) == sizeOf(from);
  bool holds = same || (wide && (isSigned(to) || !isSigned(from)));
  form.sat = !holds;
  return form;
}

Form floatToFloat(Type to, Type from) {
  Form form;
  if (to == Type::TF32) { // of f32 only
    form.real = Form::Must;
    form.finite = form.away = true;
    return form;
  }
  bool brain = to == Type::BF16 || from == Type::BF16;
  form.ftz = to == Type::F32 || from == Type::F32;
  form.sat = !brain;
  form.finite = from == Type::F32 && sizeOf(to) == 2;
  if (to == from)
    form.integer = Form::May;
  else if (sizeOf(to) < sizeOf(from))
    form.real = Form::Must;
  else if (brain) // exact, or between bf16 and f16
    form.real = Form::May;
  return form;
}

Form formOf(Type to, Type from) {
  bool toFloat = isScalarFloat(to), fromFloat = isScalarFloat(from);
  if (!toFloat && !fromFloat)
    return integerToInteger(to, from);
  if (toFloat && fromFloat)
    return floatToFloat(to, from);
  Form form;
  Type real = toFloat ? to : from;
  (toFloat ? form.real : form.integer) = Form::Must;
  form.ftz = real == Type::F32;
  form.sat = real == Type::F32 || isF16OrF64(real);
  return form;
}

} // namespace

bool quantc::emulator::isScalarFloat(Type type) {
  switch (type) {
  case Type::F16:
  case Type::BF16:
  case Type::TF32:
  case Type::F32:
  case Type::F64:
    return true;
  default:
    return false;
  }
}

const char *quantc::emulator::objectionTo(const Conversion &how) {
  bool toFloat = isScalarFloat(how.to), fromFloat = isScalarFloat(how.from);
  Type real = toFloat ? how.to : how.from;
  Type whole = toFloat ? how.from : how.to;
  bool mixed = toFloat != fromFloat;
  if (how.from == Type::TF32 ||
      (how.to == Type::TF32 && how.from != Type::F32) ||
      (mixed && real == Type::BF16 && sizeOf(whole) == 1))
    return "unsupported conversion";
  Form form = formOf(how.to, how.from);
  if (form.integer == Form::Must && !how.integerRounding)
    return "expected a rounding to integers (.rni, .rzi, .rmi, .rpi)";
  if (form.real == Form::Must && !how.realRounding)
    return "expected a rounding (.rn, .rz, .rm, .rp)";
  if ((how.integerRounding && form.integer == Form::No) ||
      (how.realRounding && form.real == Form::No))
    return "expected no rounding of this conversion";
  bool away = how.realRounding && how.rounding == Rounding::Away,
       directed =
           how.rounding == Rounding::Up || how.rounding == Rounding::Down;
  if ((away && !form.away) || (directed && how.to == Type::TF32))
    return "unsupported rounding of this conversion";
  if (how.ftz && !form.ftz)
    return "expected no .ftz of this conversion";
  if (how.sat && !form.sat)
    return "expected no .sat of this conversion";
  bool relu = how.options.relu, satfinite = how.options.satfinite;
  if ((relu || satfinite) && (!form.finite || directed || how.ftz || how.sat))
    return "expected no .relu or .satfinite of this conversion";
  if (how.to == Type::TF32 && (away ? relu : satfinite))
    return "expected .relu with .rn or .rz, .satfinite with .rna";
  return nullptr;
}
