//===- Wgmma.cpp - wgmma --------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Asynchronous warpgroup-level matrix instructions". Each of the four
// warps of a warpgroup computes its own 16 rows; K is always 32 bytes.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Matrix.h"
#include "Numbers.h"
#include "TensorMap.h"

#include <algorithm>
#include <cstring>

using namespace quantc::emulator;
using ptx::Operand;
using ptx::Space;

namespace {

constexpr unsigned depth = 32; ///< bytes of K
constexpr unsigned stream = static_cast<unsigned>(Stream::Wgmma);

struct Wgmma : Payload {
  unsigned n;
  Element a, b;
  bool saturate = false, halfAccumulator = false;
  bool transposeA = false, transposeB = false;
  float scaleA = 1, scaleB = 1;
  bool fromRegisters = false;
  bool accumulates = true; ///< scale-d, where it is a constant
  Slot aSlots[4];
  Slot aDescriptor = noSlot, bDescriptor = noSlot, accumulate = noSlot;
  std::vector<Slot> d;
};

/// PTX ISA, "Matrix-descriptor format".
struct Descriptor {
  uint32_t start, leading, stride;
  unsigned swizzle; ///< as in a tensor map: 0 none, 1..3 for 32, 64, 128 bytes

  explicit Descriptor(uint64_t bits) {
    start = (bits & 0x3fff) << 4;
    leading = (bits >> 16 & 0x3fff) << 4;
    stride = (bits >> 32 & 0x3fff) << 4;
    swizzle = (4 - (bits >> 62)) & 3;
  }

  /// Shared address of 16 bytes: `chunk` along the contiguous dimension, `row`
  /// along the other (PTX ISA, "Shared Memory Matrix Layout").
  uint32_t chunkAddress(unsigned row, unsigned chunk, bool kMajor) const {
    unsigned width = 1u << swizzle; ///< chunks of a swizzled row
    uint32_t address = start;
    if (kMajor)
      address += row / 8 * stride + row % 8 * width * 16 +
                 (swizzle ? chunk * 16 : chunk * leading);
    else if (swizzle)
      address += chunk / width * leading + chunk % width * 16 +
                 row / 8 * stride + row % 8 * width * 16;
    else
      address += chunk * stride + row / 8 * leading + row % 8 * 16;
    return swizzled(address, swizzle);
  }
};

/// Rows of K of one operand, gathered through a descriptor when the operation
/// takes effect: addresses of 16-byte chunks, in order.
struct Tile {
  std::vector<const char *> chunks;
  unsigned rows;
  bool kMajor;

  void read(uint8_t *out, unsigned elementBytes) const {
    if (kMajor) {
      for (unsigned row = 0; row < rows; ++row)
        for (unsigned half = 0; half < 2; ++half)
          std::memcpy(out + row * depth + half * 16, chunks[row * 2 + half],
                      16);
      return;
    }
    // Chunk c of line k holds rows c * perChunk .. of column k.
    unsigned perChunk = 16 / elementBytes, lines = depth / elementBytes;
    unsigned across = rows / perChunk;
    for (unsigned k = 0; k < lines; ++k)
      for (unsigned c = 0; c < across; ++c)
        for (unsigned e = 0; e < perChunk; ++e)
          std::memcpy(out + (c * perChunk + e) * depth + k * elementBytes,
                      chunks[k * across + c] + e * elementBytes, elementBytes);
  }
};

Tile locateTile(Exec &x, uint64_t bits, unsigned firstRow, unsigned rows,
                bool kMajor, unsigned elementBytes) {
  if (bits >> 49 & 7)
    x.fault(Check::Unsupported, 0, "a matrix descriptor with a base offset");
  Descriptor descriptor(bits);
  Tile tile;
  tile.rows = rows;
  tile.kMajor = kMajor;
  unsigned perChunk = 16 / elementBytes;
  auto add = [&](unsigned row, unsigned chunk) {
    Accessed place = x.locate(
        Space::Shared, descriptor.chunkAddress(row, chunk, kMajor), 16, 16, 0);
    if (x.checksRaces())
      x.check(place, 16, Access::Read, 0, x.origin(0, Stream::Wgmma));
    else
      x.check(place, 16, Access::Read, 0);
    tile.chunks.push_back(place.data);
  };
  if (kMajor)
    for (unsigned row = 0; row < rows; ++row)
      for (unsigned chunk = 0; chunk < 2; ++chunk)
        add(firstRow + row, chunk);
  else
    for (unsigned k = 0; k < depth / elementBytes; ++k)
      for (unsigned c = 0; c < rows / perChunk; ++c)
        add(k, firstRow / perChunk + c);
  return tile;
}

struct WgmmaOp : AsyncOp {
  const Wgmma *how = nullptr;
  char *registers = nullptr;
  Tile a, b;
  bool accumulates = true;
  uint64_t *sum = nullptr; ///< Warp::wgmmaSum: of the registers it leaves

  template <class T>
  T &at(Slot slot, unsigned index) const {
    return reinterpret_cast<T *>(registers + slot)[index];
  }
  void apply(uint32_t) override;
  void multiplyIntegers(const uint8_t *aRows, const uint8_t *bRows) const;
  void multiplyFloats(const uint8_t *aRows, const uint8_t *bRows) const;
};

uint64_t checksum(const Wgmma &how, const char *registers) {
  uint64_t sum = 0;
  auto add = [&](Slot slot) {
    const char *row = registers + slot;
    for (unsigned i = 0; i < warpSize * 4; i += 8) {
      uint64_t word;
      std::memcpy(&word, row + i, sizeof word);
      sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    }
  };
  for (Slot slot : how.d)
    add(slot);
  return sum | 1; // 0 means that there was none yet
}

void WgmmaOp::multiplyIntegers(const uint8_t *aRows,
                               const uint8_t *bRows) const {
  int16_t rowsA[16][depth], rowB[depth];
  for (unsigned i = 0; i < 16; ++i)
    widen(aRows + i * depth, depth, how->a, rowsA[i]);
  for (unsigned j = 0; j < how->n; ++j) {
    widen(bRows + j * depth, depth, how->b, rowB);
    for (unsigned i = 0; i < 16; ++i) {
      Slot slot = how->d[j / 8 * 4 + i / 8 * 2 + j % 2];
      int32_t &d = at<int32_t>(slot, i % 8 * 4 + j % 8 / 2);
      d = dot(rowsA[i], rowB, depth, accumulates ? d : 0, how->saturate);
    }
  }
}

void WgmmaOp::multiplyFloats(const uint8_t *aRows, const uint8_t *bRows) const {
  unsigned k = depth * 8 / bitsOf(how->a);
  float rowsA[16][depth], rowB[depth];
  for (unsigned i = 0; i < 16; ++i) {
    widen(aRows + i * depth, depth, how->a, rowsA[i]);
    for (unsigned e = 0; e < k; ++e)
      rowsA[i][e] *= how->scaleA * how->scaleB; // signs
  }
  Format half = formatOf(Type::F16);
  for (unsigned j = 0; j < how->n; ++j) {
    widen(bRows + j * depth, depth, how->b, rowB);
    for (unsigned i = 0; i < 16; ++i) {
      unsigned lane = i % 8 * 4 + j % 8 / 2;
      if (how->halfAccumulator) {
        uint16_t &d = at<uint16_t>(how->d[j / 8 * 2 + i / 8], lane * 2 + j % 2);
        float c = accumulates ? float(fromBits(d, half)) : 0;
        d = static_cast<uint16_t>(toBits(dot(rowsA[i], rowB, k, c), half));
      } else {
        float &d = at<float>(how->d[j / 8 * 4 + i / 8 * 2 + j % 2], lane);
        float value = dot(rowsA[i], rowB, k, accumulates ? d : 0);
        d = value == value ? value : bitCast<float>(0x7fffffffu);
      }
    }
  }
}

void WgmmaOp::apply(uint32_t) {
  uint8_t aRows[16 * depth];
  std::vector<uint8_t> bRows(how->n * depth);
  if (how->fromRegisters)
    for (unsigned h = 0; h < 2; ++h)
      for (unsigned r = 0; r < 2; ++r)
        for (unsigned g = 0; g < 8; ++g)
          std::memcpy(aRows + (8 * r + g) * depth + 16 * h,
                      registers + how->aSlots[2 * h + r] + 16 * g, 16);
  else
    a.read(aRows, bitsOf(how->a) / 8);
  b.read(bRows.data(), bitsOf(how->b) / 8);
  if (isInteger(how->a))
    multiplyIntegers(aRows, bRows.data());
  else
    multiplyFloats(aRows, bRows.data());
  *sum = checksum(*how, registers);
}

/// The first of the four warps.
Warp &warpgroup(Warp &warp) { return *(&warp - warp.index % 4); }

Outcome multiply(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Wgmma *>(i.payload);
  Warp &warp = x.warp;
  if (warp.index / 4 * 4 + 4 > x.cta().warps.size())
    x.fault(Check::DivergentBarrier, -1, "needs a warpgroup of four warps");
  // Registers that changed since the last wgmma or fence need a fence; while
  // operations are in flight nobody may have touched them.
  bool pending = false;
  for (const auto &op : warp.asyncOps)
    pending |= op->stream == Stream::Wgmma;
  bool fenced = std::exchange(warp.wgmmaFenced, false);
  if (!fenced && !pending && !warp.wgmmaSum)
    x.find(Check::Asynchronous, -1, "there was no wgmma.fence before");
  else if (!fenced && !pending && warp.wgmmaSum != checksum(how, x.registers))
    x.find(Check::Asynchronous, -1,
           "accumulator registers changed since the last wgmma.fence");
  if (x.checksRaces()) { // one stream for the warpgroup
    Actor &shared = warpgroup(warp).streamActor[stream][0];
    if (!shared)
      shared = x.cluster().nextActor++;
    std::fill_n(warp.streamActor[stream], warpSize, shared);
  }
  auto op = std::make_unique<WgmmaOp>();
  op->stream = Stream::Wgmma;
  op->lanes = allLanes;
  op->how = &how;
  op->registers = x.registers;
  op->sum = &warp.wgmmaSum;
  op->accumulates = how.accumulate == noSlot ? how.accumulates
                                             : x.predicate(how.accumulate) & 1;
  auto uniform = [&](Slot slot) {
    const uint64_t *row = x.source<uint64_t>(slot);
    for (unsigned lane = 1; lane < warpSize; ++lane)
      if (row[lane] != row[0])
        x.fault(Check::Asynchronous, static_cast<int>(lane),
                "lanes disagree on a matrix descriptor");
    return row[0];
  };
  if (!how.fromRegisters)
    op->a = locateTile(x, uniform(how.aDescriptor), warp.index % 4 * 16, 16,
                       !how.transposeA, bitsOf(how.a) / 8);
  op->b = locateTile(x, uniform(how.bDescriptor), 0, how.n, !how.transposeB,
                     bitsOf(how.b) / 8);
  warp.issue(std::move(op));
  return Outcome::Next;
}

/// Register accesses before are ordered before the wgmmas after: whatever the
/// next one finds in its registers is right.
Outcome fence(Exec &x, const Inst &) {
  x.warp.wgmmaFenced = true;
  return Outcome::Next;
}

Outcome commit(Exec &x, const Inst &) {
  x.forLanes([&](unsigned lane) { ++x.warp.committed[stream][lane]; });
  return Outcome::Next;
}

/// Groups that every warp of the warpgroup has to have committed.
bool othersCommitted(const Warp &warp, const Split &split) {
  const Warp *first = &warp - warp.index % 4;
  for (unsigned w = 0; w < 4; ++w)
    if (first[w].live && first[w].committed[stream][0] < split.wait.a)
      return false;
  return true;
}

/// A wgmma is one operation of the four warps: when it is complete for one of
/// them it is for all.
Outcome waitGroup(Exec &x, const Inst &i) {
  uint32_t committed = x.warp.committed[stream][0];
  uint32_t done = committed > i.immediate ? committed - i.immediate : 0;
  Wait before = x.split.wait;
  x.split.wait.a = done;
  if (!othersCommitted(x.warp, x.split))
    return x.block(othersCommitted, "the other warps of its warpgroup", done);
  x.split.wait = before;
  Warp *first = &warpgroup(x.warp);
  for (unsigned w = 0; w < 4; ++w)
    first[w].waitForGroups(Stream::Wgmma, allLanes,
                           first[w].committed[stream][0] -
                               std::min(done, first[w].committed[stream][0]));
  x.learn(Stream::Wgmma, i.immediate);
  return Outcome::Next;
}

Element elementNamed(InstDecoder &d, const std::string &name) {
  static const std::pair<const char *, Element> names[] = {
      {"s8", Element::S8},     {"u8", Element::U8},     {"f16", Element::F16},
      {"bf16", Element::BF16}, {"tf32", Element::TF32}, {"e4m3", Element::E4M3},
      {"e5m2", Element::E5M2}};
  for (const auto &entry : names)
    if (name == entry.first)
      return entry.second;
  d.fail("unsupported element type '." + name + "'");
}

void decodeShape(InstDecoder &d, Wgmma &how) {
  std::string shape = d.next();
  unsigned k = 0;
  if (std::sscanf(shape.c_str(), "m64n%uk%u", &how.n, &k) != 2 || how.n % 8 ||
      how.n < 8 || how.n > 256)
    d.fail("unsupported shape '." + shape + "'");
  std::string accumulator = d.next();
  how.a = elementNamed(d, d.next());
  how.b = elementNamed(d, d.next());
  how.saturate = d.accept("satfinite");
  how.halfAccumulator = accumulator == "f16";
  bool integers = isInteger(how.a);
  if (k * bitsOf(how.a) != depth * 8 || isInteger(how.b) != integers ||
      bitsOf(how.a) != bitsOf(how.b) ||
      (integers ? accumulator != "s32"
                : accumulator != "f32" && accumulator != "f16") ||
      (integers && how.n > 32 && how.n % 16) || (how.saturate && !integers))
    d.fail("unsupported combination of shape and types");
}

void decodeMultiply(InstDecoder &d) {
  auto &how = d.payload<Wgmma>();
  decodeShape(d, how);
  d.operands(4, 8);
  for (const Operand *target :
       d.vector(0, how.n / (how.halfAccumulator ? 4 : 2)))
    how.d.push_back(d.to(*target, Type::B32));
  how.fromRegisters = d.operand(1).kind == Operand::Kind::Vector;
  if (how.fromRegisters) {
    auto registers = d.vector(1, 4);
    for (unsigned r = 0; r < 4; ++r)
      how.aSlots[r] = d.from(*registers[r], Type::B32);
  } else {
    how.aDescriptor = d.from(1, Type::B64);
  }
  how.bDescriptor = d.from(2, Type::B64);
  if (d.operand(3).kind == Operand::Kind::Integer)
    how.accumulates = d.operand(3).value != 0;
  else
    how.accumulate = d.fromPredicate(d.operand(3));
  // Signs of A and B, then the transpositions of 16-bit operands in memory.
  std::vector<int64_t> more;
  for (size_t index = 4; d.hasOperand(index); ++index)
    more.push_back(d.constant(d.operand(index)));
  size_t signs = isInteger(how.a) ? 0 : 2;
  size_t transposes = bitsOf(how.a) != 16 ? 0 : how.fromRegisters ? 1 : 2;
  if (more.size() != signs + transposes && !(signs == 0 && more.empty()))
    d.fail("expected " + std::to_string(4 + signs + transposes) +
           " operands, but got " + std::to_string(d.source.operands.size()));
  if (signs) {
    how.scaleA = static_cast<float>(more[0]);
    how.scaleB = static_cast<float>(more[1]);
  }
  if (transposes == 2)
    how.transposeA = more[2];
  if (transposes)
    how.transposeB = more.back();
  d.run(multiply, Flow::Collective, Gather::Full);
}

void decode(InstDecoder &d) {
  int kind =
      d.acceptOneOf({"fence", "commit_group", "wait_group", "mma_async"});
  d.require("sync");
  d.require("aligned");
  switch (kind) {
  case 0:
    d.operands(0);
    return d.run(fence, Flow::Collective, Gather::Full);
  case 1:
    d.operands(0);
    return d.run(commit, Flow::Collective, Gather::Full);
  case 2:
    d.operands(1);
    d.inst.immediate = static_cast<uint32_t>(d.constant(d.operand(0)));
    return d.run(waitGroup, Flow::Collective, Gather::Full);
  case 3:
    return decodeMultiply(d);
  default:
    d.fail("expected .fence, .commit_group, .wait_group or .mma_async");
  }
}

} // namespace

const OpcodeTable quantc::emulator::wgmmaOpcodes = {{"wgmma", decode}};
