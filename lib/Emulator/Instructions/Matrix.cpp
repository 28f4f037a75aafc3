//===- Matrix.cpp - mma.sync ----------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Matrix multiply-accumulate operation using mma instruction". In
// every m16n8 shape lane l holds, of 16 bytes of K, the bytes 4t..4t+3 of row
// g (g = l / 4, t = l % 4): a register's row of 32 lanes is 8 rows of 16 bytes.
//
//===----------------------------------------------------------------------===//

#include "Matrix.h"

#include "Families.h"
#include "Numbers.h"

#include <algorithm>
#include <array>
#include <cstring>

using namespace quantc::emulator;

unsigned quantc::emulator::bitsOf(Element element) {
  switch (element) {
  case Element::S4:
  case Element::U4:
    return 4;
  case Element::F16:
  case Element::BF16:
    return 16;
  case Element::TF32:
    return 32;
  default:
    return 8;
  }
}

void quantc::emulator::widen(const uint8_t *row, size_t bytes, Element element,
                             int16_t *out) {
  for (size_t i = 0; i < bytes; ++i)
    switch (element) {
    case Element::S8:
      out[i] = int8_t(row[i]);
      break;
    case Element::S4: // the lower half comes first
      out[2 * i] = int8_t(row[i] << 4) >> 4;
      out[2 * i + 1] = int8_t(row[i]) >> 4;
      break;
    case Element::U4:
      out[2 * i] = row[i] & 15;
      out[2 * i + 1] = row[i] >> 4;
      break;
    default:
      out[i] = row[i];
      break;
    }
}

namespace {
template <size_t count>
std::array<float, count> tableOf(Type type) {
  std::array<float, count> table;
  for (size_t i = 0; i < count; ++i)
    table[i] = float(fromBits(uint32_t(i), formatOf(type)));
  return table;
}
} // namespace

void quantc::emulator::widen(const uint8_t *row, size_t bytes, Element element,
                             float *out) {
  static const auto halves = tableOf<65536>(Type::F16);
  static const auto e4m3 = tableOf<256>(Type::E4M3),
                    e5m2 = tableOf<256>(Type::E5M2);
  auto wide = [&](size_t i) {
    uint32_t bits;
    std::memcpy(&bits, row + 4 * i, 4);
    return bits;
  };
  auto half = [&](size_t i) {
    return uint16_t(row[2 * i] | row[2 * i + 1] << 8);
  };
  size_t count = bytes * 8 / bitsOf(element);
  for (size_t i = 0; i < count; ++i)
    switch (element) {
    case Element::F16:
      out[i] = halves[half(i)];
      break;
    case Element::BF16:
      out[i] = bitCast<float>(uint32_t(half(i)) << 16);
      break;
    case Element::TF32: // the low 13 bits are ignored
      out[i] = bitCast<float>(wide(i) & ~0x1fffu);
      break;
    case Element::E4M3:
      out[i] = e4m3[row[i]];
      break;
    default:
      out[i] = e5m2[row[i]];
      break;
    }
}

int32_t quantc::emulator::dot(const int16_t *a, const int16_t *b, size_t k,
                              int32_t c, bool saturate) {
  int32_t sum = 0; // at most 256 products of 16 bits: exact
  for (size_t i = 0; i < k; ++i)
    sum += int32_t(a[i]) * b[i];
  if (!saturate)
    return int32_t(uint32_t(c) + uint32_t(sum));
  int64_t exact = int64_t(c) + sum;
  return int32_t(
      std::min<int64_t>(std::max<int64_t>(exact, INT32_MIN), INT32_MAX));
}

float quantc::emulator::dot(const float *a, const float *b, size_t k, float c) {
  double sums[4] = {}; // by k modulo 4, which vector units can add
  for (size_t i = 0; i < k; i += 4)
    for (size_t j = 0; j < 4; ++j)
      sums[j] += double(a[i + j]) * b[i + j];
  return float(((sums[0] + sums[1]) + (sums[2] + sums[3])) + c);
}

namespace {

struct Mma : Payload {
  unsigned depth; ///< bytes of K: 16 or 32
  unsigned k;     ///< elements of K
  Element a, b;
  bool saturate = false;
  bool halfAccumulator = false; ///< d and c are f16x2
  Slot d[4], aSlots[4], bSlots[2], c[4];
};

/// Registers of one operand as rows of `depth` bytes: register 2h + r of A
/// holds bytes 16h.. of rows 8r..; B has no second half of rows.
template <unsigned rowBlocks>
void gatherRows(const Exec &x, const Slot *slots, unsigned depth,
                uint8_t *out) {
  for (unsigned h = 0; h < depth / 16; ++h)
    for (unsigned r = 0; r < rowBlocks; ++r) {
      const uint8_t *row = x.source<uint8_t>(slots[h * rowBlocks + r]);
      for (unsigned g = 0; g < 8; ++g)
        std::memcpy(out + (8 * r + g) * depth + 16 * h, row + 16 * g, 16);
    }
}

template <class Wide, class Accumulator, class Multiply>
void multiply(const Mma &mma, const uint8_t *aRows, const uint8_t *bRows,
              Accumulator (*tile)[8], Multiply &&product) {
  Wide a[16][64], b[8][64];
  for (unsigned i = 0; i < 16; ++i)
    widen(aRows + i * mma.depth, mma.depth, mma.a, a[i]);
  for (unsigned j = 0; j < 8; ++j)
    widen(bRows + j * mma.depth, mma.depth, mma.b, b[j]);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 8; ++j)
      tile[i][j] = product(a[i], b[j], tile[i][j]);
}

/// Element (i, j) of a tile of accumulators: lane 4g + t, register 2r + e
/// holds row g + 8r, column 2t + e.
template <class F>
void forAccumulators(F &&visit) {
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned e = 0; e < 4; ++e)
      visit(lane, e, lane / 4 + 8 * (e / 2), 2 * (lane % 4) + e % 2);
}

Outcome runMma(Exec &x, const Inst &i) {
  const auto &mma = *static_cast<const Mma *>(i.payload);
  uint8_t aRows[16 * 32], bRows[8 * 32];
  gatherRows<2>(x, mma.aSlots, mma.depth, aRows);
  gatherRows<1>(x, mma.bSlots, mma.depth, bRows);
  if (isInteger(mma.a)) {
    int32_t tile[16][8];
    forAccumulators(
        [&](unsigned lane, unsigned e, unsigned row, unsigned column) {
          tile[row][column] = x.source<int32_t>(mma.c[e])[lane];
        });
    multiply<int16_t>(mma, aRows, bRows, tile,
                      [&](const int16_t *a, const int16_t *b, int32_t c) {
                        return dot(a, b, mma.k, c, mma.saturate);
                      });
    forAccumulators(
        [&](unsigned lane, unsigned e, unsigned row, unsigned column) {
          x.target<int32_t>(mma.d[e])[lane] = tile[row][column];
        });
    return Outcome::Next;
  }
  Format half = formatOf(Type::F16);
  float tile[16][8];
  forAccumulators([&](unsigned lane, unsigned e, unsigned row,
                      unsigned column) {
    tile[row][column] =
        mma.halfAccumulator
            ? float(fromBits(x.source<uint16_t>(mma.c[e / 2])[lane * 2 + e % 2],
                             half))
            : x.source<float>(mma.c[e])[lane];
  });
  multiply<float>(mma, aRows, bRows, tile,
                  [&](const float *a, const float *b, float c) {
                    return dot(a, b, mma.k, c);
                  });
  forAccumulators(
      [&](unsigned lane, unsigned e, unsigned row, unsigned column) {
        float value = tile[row][column];
        if (mma.halfAccumulator)
          x.target<uint16_t>(mma.d[e / 2])[lane * 2 + e % 2] =
              uint16_t(toBits(value, half));
        else
          x.target<float>(mma.d[e])[lane] =
              value == value ? value : bitCast<float>(0x7fffffffu);
      });
  return Outcome::Next;
}

struct ElementName {
  const char *name;
  Element element;
};

constexpr ElementName elementNames[] = {
    {"s4", Element::S4},     {"u4", Element::U4},     {"s8", Element::S8},
    {"u8", Element::U8},     {"f16", Element::F16},   {"bf16", Element::BF16},
    {"tf32", Element::TF32}, {"e4m3", Element::E4M3}, {"e5m2", Element::E5M2},
};

Element elementNamed(InstDecoder &d, const std::string &name) {
  for (const ElementName &entry : elementNames)
    if (name == entry.name)
      return entry.element;
  d.fail("unsupported element type '." + name + "'");
}

bool sameFamily(Element a, Element b) {
  bool integers = isInteger(a) && isInteger(b) && bitsOf(a) == bitsOf(b);
  bool eights = a >= Element::E4M3 && b >= Element::E4M3;
  return integers || eights || a == b;
}

void decodeMma(InstDecoder &d) {
  d.require("sync");
  d.require("aligned");
  std::string shape = d.next();
  if (shape.compare(0, 6, "m16n8k") != 0)
    d.fail("unsupported shape '." + shape + "'");
  d.require("row");
  d.require("col");
  auto &mma = d.payload<Mma>();
  mma.saturate = d.accept("satfinite");
  std::string accumulator = d.next();
  mma.a = elementNamed(d, d.next());
  mma.b = elementNamed(d, d.next());
  std::string c = d.next();
  mma.k = static_cast<unsigned>(std::atoi(shape.c_str() + 6));
  mma.depth = mma.k * bitsOf(mma.a) / 8;
  if (mma.depth != 16 && mma.depth != 32)
    d.fail("unsupported shape '." + shape + "'");
  mma.halfAccumulator = accumulator == "f16";
  bool right = isInteger(mma.a) ? accumulator == "s32"
                                : accumulator == "f32" || mma.halfAccumulator;
  if (!right || c != accumulator || !sameFamily(mma.a, mma.b) ||
      (mma.saturate && !isInteger(mma.a)) ||
      (mma.halfAccumulator &&
       (mma.a == Element::BF16 || mma.a == Element::TF32)))
    d.fail("unsupported combination of types");
  d.operands(4);
  unsigned accumulators = mma.halfAccumulator ? 2 : 4;
  auto read = [&](size_t index, unsigned count, Slot *slots) {
    auto registers = d.vector(index, count);
    for (unsigned e = 0; e < count; ++e)
      slots[e] = d.from(*registers[e], Type::B32);
  };
  read(1, mma.depth / 8, mma.aSlots);
  read(2, mma.depth / 16, mma.bSlots);
  read(3, accumulators, mma.c);
  auto targets = d.vector(0, accumulators);
  for (unsigned e = 0; e < accumulators; ++e)
    mma.d[e] = d.to(*targets[e], Type::B32);
  d.run(runMma, Flow::Collective, Gather::Full);
}

} // namespace

const OpcodeTable quantc::emulator::matrixOpcodes = {{"mma", decodeMma}};
