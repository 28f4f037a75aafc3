//===- Approximate.cpp - approximations of functions ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ISA bounds the error of the .approx forms and leaves the bits open. The
// emulator gives the f64 result rounded to f32: within half a unit in the last
// place but for the rarest ties, well inside every bound.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Half.h"
#include "Lanewise.h"
#include "Numbers.h"

#include <cmath>

using namespace quantc::emulator;

namespace {

double reciprocalRoot(double a) { return 1 / std::sqrt(a); }

using Function = double (*)(double);

float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

template <Function function, bool ftz>
float approximate(float a) {
  float result = static_cast<float>(function(double(ftz ? flushed(a) : a)));
  if (std::isnan(result))
    return bitCast<float>(0x7fffffffu);
  return ftz ? flushed(result) : result;
}

double exp2Of(double a) { return std::exp2(a); }
double log2Of(double a) { return std::log2(a); }
double sinOf(double a) { return std::sin(a); }
double cosOf(double a) { return std::cos(a); }
double tanhOf(double a) { return std::tanh(a); }
double rootF64(double a) { return 1 / std::sqrt(a); }

template <Function function>
void decode(InstDecoder &d, HalfOp half, bool hasHalf) {
  d.require("approx");
  bool ftz = d.accept("ftz");
  Type type = d.type();
  if (hasHalf && type != Type::F32)
    return decodeHalf(d, half, type, ftz, false, false);
  d.operands(2);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  if (type == Type::F64 && d.source.opcode == "rsqrt")
    return d.run(lanewise<&rootF64>);
  if (type != Type::F32)
    d.fail("unsupported type");
  d.run(ftz ? lanewise<&approximate<function, true>>
            : lanewise<&approximate<function, false>>);
}

template <Function function>
void plain(InstDecoder &d) {
  decode<function>(d, HalfOp::Exp2, false);
}

} // namespace

const OpcodeTable quantc::emulator::approximateOpcodes = {
    {"ex2", [](InstDecoder &d) { decode<exp2Of>(d, HalfOp::Exp2, true); }},
    {"tanh", [](InstDecoder &d) { decode<tanhOf>(d, HalfOp::Tanh, true); }},
    {"lg2", plain<log2Of>},
    {"sin", plain<sinOf>},
    {"cos", plain<cosOf>},
    {"rsqrt", plain<reciprocalRoot>},
};
