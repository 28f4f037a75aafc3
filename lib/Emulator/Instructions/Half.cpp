//===- Half.cpp - f16 and bf16 arithmetic ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every operation is computed exactly, or rounded to odd, in f64 and rounded
// once to the format.
//
//===----------------------------------------------------------------------===//

#include "Half.h"

#include "Numbers.h"

#include <cmath>

using namespace quantc::emulator;

namespace {

struct HalfMode : Payload {
  HalfOp op;
  Format format;
  bool ftz, sat, relu;
  unsigned sources;
};

unsigned sourceCount(HalfOp op) {
  switch (op) {
  case HalfOp::Neg:
  case HalfOp::Abs:
  case HalfOp::Exp2:
  case HalfOp::Tanh:
    return 1;
  case HalfOp::Fma:
    return 3;
  default:
    return 2;
  }
}

double extremum(double a, double b, bool isMin, bool keepsNan) {
  if (std::isnan(a) || std::isnan(b)) {
    if (keepsNan || (std::isnan(a) && std::isnan(b)))
      return NAN;
    return std::isnan(a) ? b : a;
  }
  if (a == b)
    return std::signbit(a) == isMin ? a : b;
  return (a < b) == isMin ? a : b;
}

double compute(const HalfMode &mode, const double *v) {
  switch (mode.op) {
  case HalfOp::Add:
    return addToOdd(v[0], v[1]);
  case HalfOp::Sub:
    return addToOdd(v[0], -v[1]);
  case HalfOp::Mul:
    return v[0] * v[1];
  case HalfOp::Fma: // the product of two 11-bit significands is exact
    return addToOdd(v[0] * v[1], v[2]);
  case HalfOp::Min:
  case HalfOp::MinNan:
    return extremum(v[0], v[1], true, mode.op == HalfOp::MinNan);
  case HalfOp::Max:
  case HalfOp::MaxNan:
    return extremum(v[0], v[1], false, mode.op == HalfOp::MaxNan);
  case HalfOp::Exp2:
    return std::exp2(v[0]);
  case HalfOp::Tanh:
    return std::tanh(v[0]);
  case HalfOp::Neg:
  case HalfOp::Abs:
    break;
  }
  return v[0];
}

uint16_t one(const HalfMode &mode, const uint16_t *bits) {
  uint16_t sign = static_cast<uint16_t>(mode.format.sign());
  auto flush = [&](uint16_t value) {
    bool denormal = (value & (sign - 1)) >> mode.format.mantissaBits == 0;
    return mode.ftz && denormal ? uint16_t(value & sign) : value;
  };
  if (mode.op == HalfOp::Neg)
    return flush(bits[0]) ^ sign;
  if (mode.op == HalfOp::Abs)
    return flush(bits[0]) & (sign - 1);
  double values[3];
  for (unsigned i = 0; i < mode.sources; ++i)
    values[i] = fromBits(flush(bits[i]), mode.format);
  double result = compute(mode, values);
  if (mode.sat)
    result = std::isnan(result) ? 0 : std::fmin(std::fmax(result, 0.0), 1.0);
  RoundingOptions options;
  options.relu = mode.relu;
  return flush(static_cast<uint16_t>(toBits(result, mode.format, options)));
}

template <unsigned width>
Outcome runHalf(Exec &x, const Inst &i) {
  const auto &mode = *static_cast<const HalfMode *>(i.payload);
  x.forLanes([&](unsigned lane) {
    uint16_t result[width], bits[3];
    for (unsigned part = 0; part < width; ++part) {
      for (unsigned s = 0; s < mode.sources; ++s)
        bits[s] = x.source<uint16_t>(i.op[1 + s])[lane * width + part];
      result[part] = one(mode, bits);
    }
    std::memcpy(x.target<uint16_t>(i.op[0]) + lane * width, result,
                sizeof result);
  });
  return Outcome::Next;
}

} // namespace

void quantc::emulator::decodeHalf(InstDecoder &d, HalfOp op, Type type,
                                  bool ftz, bool sat, bool relu) {
  auto &mode = d.payload<HalfMode>();
  mode.op = op;
  mode.format = formatOf(type);
  mode.ftz = ftz;
  mode.sat = sat;
  mode.relu = relu;
  mode.sources = sourceCount(op);
  d.operands(1 + mode.sources);
  d.inst.op[0] = d.to(0, type);
  for (unsigned s = 0; s < mode.sources; ++s)
    d.inst.op[1 + s] = d.from(1 + s, type);
  d.run(sizeOf(type) == 4 ? runHalf<2> : runHalf<1>);
}
