//===- Memory.cpp - loads and stores --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Data Movement and Conversion Instructions": ld, ldu, st, and the
// hints, which change nothing.
//
//===----------------------------------------------------------------------===//

#include "AccessCounts.h"
#include "Families.h"
#include "Strong.h"

#include <cstring>

using namespace quantc::emulator;
using ptx::Operand;
using ptx::Space;

namespace {

struct MemoryAccess : Payload {
  AddressOperand address;
  Space space;
  Type type;
  Semantics semantics = Semantics::Weak;
  unsigned count = 1; ///< elements
  Slot slots[8];
  unsigned widths[8]; ///< of the registers
  unsigned bytes() const { return count * sizeOf(type); }
};

void countIfAsked(Exec &x, const MemoryAccess &access) {
  if (!x.launch().options.counts)
    return;
  uint64_t addresses[warpSize];
  x.forLanes([&](unsigned lane) {
    addresses[lane] = x.address(access.address, lane);
  });
  countAccess(x, access.space, addresses, x.mask, access.bytes());
}

/// Bytes of memory into a register that may be wider.
void extendInto(char *target, const char *source, Type type, unsigned width) {
  unsigned size = sizeOf(type);
  if (width == size) {
    std::memcpy(target, source, size);
    return;
  }
  uint64_t bits = 0;
  std::memcpy(&bits, source, size);
  if (isSigned(type) && bits >> (size * 8 - 1))
    bits |= ~uint64_t(0) << size * 8;
  std::memcpy(target, &bits, width);
}

Outcome load(Exec &x, const Inst &i) {
  const auto &access = *static_cast<const MemoryAccess *>(i.payload);
  countIfAsked(x, access);
  unsigned size = sizeOf(access.type), bytes = access.bytes();
  bool strong = access.semantics != Semantics::Weak;
  x.forLanes([&](unsigned lane) {
    uint64_t address = x.address(access.address, lane);
    Accessed place = x.locate(access.space, address, bytes, bytes, lane);
    if (strong)
      observe(x, lane, place, access.semantics);
    x.check(place, bytes, Access::Read, lane, strong);
    for (unsigned e = 0; e < access.count; ++e)
      extendInto(x.target<char>(access.slots[e]) + lane * access.widths[e],
                 place.data + e * size, access.type, access.widths[e]);
  });
  return Outcome::Next;
}

Outcome store(Exec &x, const Inst &i) {
  const auto &access = *static_cast<const MemoryAccess *>(i.payload);
  countIfAsked(x, access);
  unsigned size = sizeOf(access.type), bytes = access.bytes();
  bool strong = access.semantics != Semantics::Weak;
  x.forLanes([&](unsigned lane) {
    uint64_t address = x.address(access.address, lane);
    Accessed place = x.locate(access.space, address, bytes, bytes, lane);
    if (place.allocation && place.allocation->readOnly)
      x.fault(Check::OutOfBounds, lane, "store to constant memory");
    x.check(place, bytes, Access::Write, lane, strong);
    for (unsigned e = 0; e < access.count; ++e)
      std::memcpy(place.data + e * size,
                  x.source<char>(access.slots[e]) + lane * access.widths[e],
                  size);
    if (strong)
      publish(x, lane, place, access.semantics, true);
  });
  x.cluster().progress();
  return Outcome::Next;
}

/// Cache operators, eviction priorities and prefetch sizes.
void acceptHints(InstDecoder &d) {
  d.acceptOneOf({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  d.accept("nc");
  d.acceptPrefix("L1::");
  d.acceptPrefix("L2::");
}

MemoryAccess &decodeAccess(InstDecoder &d, size_t addressIndex,
                           size_t valueIndex, bool isLoad) {
  auto &access = d.payload<MemoryAccess>();
  access.semantics = acceptSemantics(d, Semantics::Weak);
  access.space = d.space();
  acceptHints(d);
  int vector = d.acceptOneOf({"v2", "v4", "v8"});
  access.count = vector < 0 ? 1 : 2u << vector;
  access.type = d.type();
  if (access.type == Type::Pred || access.bytes() > 32)
    d.fail("unsupported type");
  d.operands(2, 3); // a cache policy may follow
  access.address = d.address(d.operand(addressIndex), access.space);
  if (!isLoad && access.space == Space::Param)
    d.fail("expected a variable of a call as target");
  auto elements = d.elements(d.operand(valueIndex));
  if (elements.size() != access.count)
    d.fail("expected " + std::to_string(access.count) + " registers, but got " +
           std::to_string(elements.size()));
  for (size_t e = 0; e < elements.size(); ++e)
    access.slots[e] =
        isLoad ? d.toWide(*elements[e], access.type, access.widths[e])
               : d.fromWide(*elements[e], access.type, access.widths[e]);
  if (access.semantics != Semantics::Weak &&
      (access.space == Space::Global || access.space == Space::Generic))
    d.program().communicates = true;
  return access;
}

void decodeLoad(InstDecoder &d) {
  decodeAccess(d, 1, 0, true);
  d.run(load);
}

void decodeStore(InstDecoder &d) {
  if (d.accept("async"))
    return decodeStoreAsync(d);
  decodeAccess(d, 0, 1, false);
  d.run(store);
}

Outcome nothing(Exec &, const Inst &) { return Outcome::Next; }

/// prefetch, prefetchu, applypriority, discard: hints.
void decodeHint(InstDecoder &d) {
  while (!d.next().empty())
    ;
  d.run(nothing);
}

/// createpolicy: the policy is ignored, its register is not.
void decodePolicy(InstDecoder &d) {
  while (!d.next().empty())
    ;
  d.inst.op[0] = d.to(0, Type::B64);
  d.run([](Exec &x, const Inst &i) {
    x.forLanes([&](unsigned lane) { x.target<uint64_t>(i.op[0])[lane] = 0; });
    return Outcome::Next;
  });
}

} // namespace

const OpcodeTable quantc::emulator::memoryOpcodes = {
    {"ld", decodeLoad},        {"ldu", decodeLoad},
    {"st", decodeStore},       {"prefetch", decodeHint},
    {"prefetchu", decodeHint}, {"applypriority", decodeHint},
    {"discard", decodeHint},   {"createpolicy", decodePolicy},
};
