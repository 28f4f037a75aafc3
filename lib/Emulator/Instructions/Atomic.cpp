//===- Atomic.cpp - atom and red ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Parallel Synchronization and Communication Instructions": atom,
// red. Lanes of a warp take their turn in ascending order.
//
//===----------------------------------------------------------------------===//

#include "Atomic.h"

#include "Families.h"
#include "Numbers.h"
#include "Strong.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace quantc::emulator;
using ptx::Space;

namespace {

template <class T>
uint64_t asBits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}
template <class T>
T as(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
uint64_t onIntegers(AtomicOp op, uint64_t oldBits, uint64_t bBits) {
  T old = as<T>(oldBits), b = as<T>(bBits);
  switch (op) {
  case AtomicOp::Add:
    return asBits(T(std::make_unsigned_t<T>(old) + std::make_unsigned_t<T>(b)));
  case AtomicOp::Min:
    return asBits(std::min(old, b));
  case AtomicOp::Max:
    return asBits(std::max(old, b));
  case AtomicOp::Inc:
    return asBits(old >= b ? T(0) : T(old + 1));
  case AtomicOp::Dec:
    return asBits(old == 0 || old > b ? b : T(old - 1));
  default:
    return oldBits;
  }
}

/// Halves, packed or not: rounded once; add, min and max.
uint64_t onHalves(AtomicOp op, Type type, uint64_t old, uint64_t b) {
  Format format = formatOf(type);
  uint64_t result = 0;
  for (unsigned part = 0; part < sizeOf(type) / 2; ++part) {
    double x = fromBits(old >> part * 16 & 0xffff, format);
    double y = fromBits(b >> part * 16 & 0xffff, format);
    double value = op == AtomicOp::Add   ? addToOdd(x, y)
                   : op == AtomicOp::Min ? std::fmin(x, y)
                                         : std::fmax(x, y);
    result |= uint64_t(toBits(value, format)) << part * 16;
  }
  return result;
}

} // namespace

uint64_t quantc::emulator::atomicResult(AtomicOp op, Type type, uint64_t old,
                                        uint64_t b, uint64_t c) {
  switch (op) {
  case AtomicOp::Exchange:
    return b;
  case AtomicOp::CompareSwap:
    return old == b ? c : old;
  case AtomicOp::And:
    return old & b;
  case AtomicOp::Or:
    return old | b;
  case AtomicOp::Xor:
    return old ^ b;
  default:
    break;
  }
  switch (type) {
  case Type::S32:
    return onIntegers<int32_t>(op, old, b);
  case Type::U64:
    return onIntegers<uint64_t>(op, old, b);
  case Type::S64:
    return onIntegers<int64_t>(op, old, b);
  case Type::F32:
    return asBits(as<float>(old) + as<float>(b));
  case Type::F64:
    return asBits(as<double>(old) + as<double>(b));
  case Type::F16:
  case Type::F16x2:
  case Type::BF16:
  case Type::BF16x2:
    return onHalves(op, type, old, b);
  default:
    return onIntegers<uint32_t>(op, old, b);
  }
}

std::optional<AtomicOp> quantc::emulator::acceptAtomicOp(InstDecoder &d) {
  int op = d.acceptOneOf(
      {"add", "min", "max", "inc", "dec", "exch", "cas", "and", "or", "xor"});
  if (op < 0)
    return std::nullopt;
  return static_cast<AtomicOp>(op);
}

namespace {

struct Atomic : Payload {
  AddressOperand address;
  Space space;
  Type type;
  AtomicOp op;
  Semantics semantics;
  unsigned count = 1;
  Slot old[8], b[8];
  Slot c = noSlot;
  bool returns;
};

uint64_t readRow(const Exec &x, Slot slot, unsigned lane, unsigned bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, x.source<char>(slot) + lane * bytes, bytes);
  return bits;
}

Outcome atomic(Exec &x, const Inst &i) {
  const auto &how = *static_cast<const Atomic *>(i.payload);
  unsigned size = sizeOf(how.type), bytes = size * how.count;
  x.forLanes([&](unsigned lane) {
    Accessed place =
        x.locate(how.space, x.address(how.address, lane), bytes, bytes, lane);
    observe(x, lane, place, how.semantics);
    x.check(place, bytes, Access::Read, lane, true);
    x.check(place, bytes, Access::Write, lane, true);
    for (unsigned e = 0; e < how.count; ++e) {
      uint64_t old = 0;
      std::memcpy(&old, place.data + e * size, size);
      uint64_t c = how.c == noSlot ? 0 : readRow(x, how.c, lane, size);
      uint64_t result = atomicResult(how.op, how.type, old,
                                     readRow(x, how.b[e], lane, size), c);
      std::memcpy(place.data + e * size, &result, size);
      if (how.returns)
        std::memcpy(x.target<char>(how.old[e]) + lane * size, &old, size);
    }
    publish(x, lane, place, how.semantics, false);
  });
  return Outcome::Next;
}

void decodeAtomic(InstDecoder &d, bool returns) {
  auto &how = d.payload<Atomic>();
  how.returns = returns;
  how.semantics = acceptSemantics(d, Semantics::Relaxed);
  how.space = d.space();
  d.accept("noftz");
  d.acceptPrefix("L1::");
  d.acceptPrefix("L2::");
  auto op = acceptAtomicOp(d);
  if (!op)
    d.fail("expected an operation");
  how.op = *op;
  int vector = d.acceptOneOf({"v2", "v4", "v8"});
  how.count = vector < 0 ? 1 : 2u << vector;
  how.type = d.type();
  if (sizeOf(how.type) < 2 || sizeOf(how.type) > 8)
    d.fail("unsupported type");
  size_t index = 0;
  if (returns) {
    auto targets = d.vector(index++, how.count);
    for (unsigned e = 0; e < how.count; ++e)
      how.old[e] = d.to(*targets[e], how.type);
  }
  if (!d.hasOperand(index + 1))
    d.fail("expected an address and a value");
  how.address = d.address(d.operand(index++), how.space);
  auto sources = d.vector(index++, how.count);
  for (unsigned e = 0; e < how.count; ++e)
    how.b[e] = d.from(*sources[e], how.type);
  if (how.op == AtomicOp::CompareSwap) {
    d.operands(index + 1, index + 2);
    how.c = d.from(index, how.type);
  }
  if (how.space != Space::Shared)
    d.program().communicates = true;
  d.run(atomic);
}

} // namespace

const OpcodeTable quantc::emulator::atomicOpcodes = {
    {"atom", [](InstDecoder &d) { decodeAtomic(d, true); }},
    {"red",
     [](InstDecoder &d) {
       if (d.accept("async"))
         return decodeRedAsync(d);
       decodeAtomic(d, false);
     }},
};
