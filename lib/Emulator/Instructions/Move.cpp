//===- Move.cpp - moves, selections, addresses ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanewise.h"

using namespace quantc::emulator;
using ptx::Operand;
using ptx::Space;

namespace {

template <class T>
struct Copy {
  static T apply(T a) { return a; }
};

Outcome copyPredicate(Exec &x, const Inst &i) {
  x.setPredicate(i.op[0], x.predicate(i.op[1]));
  return Outcome::Next;
}

/// Bytes of a wide register as the elements of a vector, or back.
struct Packing : Payload {
  struct Part {
    Slot slot;
    unsigned bytes, offset;
  };
  std::vector<Part> parts;
  Slot whole;
  unsigned bytes;
  bool packs;
};

Outcome repack(Exec &x, const Inst &i) {
  const auto &packing = *static_cast<const Packing *>(i.payload);
  x.forLanes([&](unsigned lane) {
    char buffer[16];
    // Sources first: they may be destinations too.
    if (packing.packs) {
      for (const Packing::Part &part : packing.parts)
        std::memcpy(buffer + part.offset,
                    x.source<char>(part.slot) + lane * part.bytes, part.bytes);
      std::memcpy(x.target<char>(packing.whole) + lane * packing.bytes, buffer,
                  packing.bytes);
    } else {
      std::memcpy(buffer, x.source<char>(packing.whole) + lane * packing.bytes,
                  packing.bytes);
      for (const Packing::Part &part : packing.parts)
        std::memcpy(x.target<char>(part.slot) + lane * part.bytes,
                    buffer + part.offset, part.bytes);
    }
  });
  return Outcome::Next;
}

void moveVector(InstDecoder &d, Type type, bool packs) {
  auto &packing = d.payload<Packing>();
  packing.packs = packs;
  packing.bytes = sizeOf(type);
  packing.whole = packs ? d.to(0, type) : d.from(1, type);
  auto elements = d.elements(d.operand(packs ? 1 : 0));
  if (elements.empty())
    d.fail("expected elements of a vector");
  unsigned bytes = packing.bytes / elements.size();
  Type part = bytes == 1   ? Type::B8
              : bytes == 2 ? Type::B16
              : bytes == 4 ? Type::B32
              : bytes == 8 ? Type::B64
                           : Type::None;
  if (part == Type::None || bytes * elements.size() != packing.bytes)
    d.fail("expected a vector of " + std::to_string(packing.bytes) + " bytes");
  unsigned offset = 0;
  for (const Operand *element : elements) {
    unsigned width = bytes;
    Slot slot =
        packs ? d.fromWide(*element, part, width) : d.to(*element, part);
    if (width != bytes) // only the low part of a wider register is meant
      d.fail("expected elements of " + std::to_string(bytes) + " bytes");
    packing.parts.push_back({slot, bytes, offset});
    offset += bytes;
  }
  d.run(repack);
}

void move(InstDecoder &d) {
  Type type = d.type();
  d.operands(2);
  bool toVector = d.operand(0).kind == Operand::Kind::Vector;
  bool fromVector = d.operand(1).kind == Operand::Kind::Vector;
  if (toVector || fromVector)
    return moveVector(d, type, fromVector);
  if (type == Type::B128) {
    auto &packing = d.payload<Packing>();
    packing.packs = true;
    packing.bytes = 16;
    packing.whole = d.to(0, type);
    packing.parts.push_back({d.from(1, type), 16, 0});
    return d.run(repack);
  }
  d.inst.op[0] = d.to(0, type);
  if (type == Type::Pred) {
    d.inst.op[1] = d.fromPredicate(d.operand(1));
    return d.run(copyPredicate);
  }
  if (d.operand(1).kind == Operand::Kind::Special) {
    Inst read = readSpecialRegister(d.operand(1).name, d.inst.op[0], type, d);
    d.inst.run = read.run;
    d.inst.immediate = read.immediate;
    return;
  }
  d.inst.op[1] = d.from(1, type);
  Handler handler = sizeOf(type) == 1 ? lanewise<&Copy<uint8_t>::apply>
                                      : lanewiseBits<Copy>(type);
  d.run(handler);
}

template <class T>
Outcome selectBy(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]), *b = x.source<T>(i.op[2]);
  uint32_t which = x.predicate(i.op[3]);
  x.forLanes([&](unsigned lane) {
    target[lane] = which >> lane & 1 ? a[lane] : b[lane];
  });
  return Outcome::Next;
}

void select(InstDecoder &d) {
  Type type = d.type();
  d.operands(4);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, type);
  d.inst.op[3] = d.fromPredicate(d.operand(3));
  d.run(sizeOf(type) == 2   ? selectBy<uint16_t>
        : sizeOf(type) == 4 ? selectBy<uint32_t>
                            : selectBy<uint64_t>);
}

template <class T, class C>
T selectBySign(T a, T b, C c) {
  return c >= C(0) ? a : b;
}

void selectSign(InstDecoder &d) {
  d.accept("ftz");
  Type type = d.type(), sign = d.type();
  d.operands(4);
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.inst.op[2] = d.from(2, type);
  d.inst.op[3] = d.from(3, sign);
  bool real = sign == Type::F32;
  switch (sizeOf(type)) {
  case 2:
    return d.run(real ? lanewise<&selectBySign<uint16_t, float>>
                      : lanewise<&selectBySign<uint16_t, int32_t>>);
  case 4:
    return d.run(real ? lanewise<&selectBySign<uint32_t, float>>
                      : lanewise<&selectBySign<uint32_t, int32_t>>);
  default:
    return d.run(real ? lanewise<&selectBySign<uint64_t, float>>
                      : lanewise<&selectBySign<uint64_t, int32_t>>);
  }
}

//===----------------------------------------------------------------------===//
// Addresses
//===----------------------------------------------------------------------===//

struct Window : Payload {
  uint64_t base;
  bool toGeneric;
};

/// Conversion between a window of the generic space and its own space.
template <class T>
Outcome convertAddress(Exec &x, const Inst &i) {
  const auto &window = *static_cast<const Window *>(i.payload);
  T *target = x.target<T>(i.op[0]);
  const T *address = x.source<T>(i.op[1]);
  x.forLanes([&](unsigned lane) {
    target[lane] = T(window.toGeneric ? address[lane] + window.base
                                      : address[lane] - window.base);
  });
  return Outcome::Next;
}

uint64_t windowOf(Space space) {
  return space == Space::Shared  ? sharedWindow
         : space == Space::Local ? localWindow
         : space == Space::Param ? paramWindow
                                 : 0;
}

/// cvta.space, cvta.to.space: constant and global addresses are generic.
void convert(InstDecoder &d) {
  bool toGeneric = !d.accept("to");
  Space space = d.space();
  Type type = d.type();
  d.operands(2);
  if (sizeOf(type) != 8)
    d.fail("expected 64-bit addresses");
  // Parameters of a function live in local memory.
  if (space == Space::Param && !d.function().source.isEntry)
    space = Space::Local;
  auto &window = d.payload<Window>();
  window.base = windowOf(space);
  window.toGeneric = toGeneric;
  d.inst.op[0] = d.to(0, type);
  d.inst.op[1] = d.from(1, type);
  d.run(convertAddress<uint64_t>);
}

/// isspacep: whether a generic address lies in the window.
Outcome isInSpace(Exec &x, const Inst &i) {
  const uint64_t *address = x.source<uint64_t>(i.op[1]);
  uint64_t base = static_cast<const Window *>(i.payload)->base;
  uint32_t result = 0;
  x.forLanes([&](unsigned lane) {
    uint64_t window = address[lane] >> windowShift << windowShift;
    bool other = window == sharedWindow || window == localWindow ||
                 window == paramWindow;
    result |= uint32_t(base ? window == base : !other) << lane;
  });
  x.setPredicate(i.op[0], result);
  return Outcome::Next;
}

void testSpace(InstDecoder &d) {
  d.payload<Window>().base = windowOf(d.space());
  d.operands(2);
  d.inst.op[0] = d.toPredicate(d.operand(0));
  d.inst.op[1] = d.from(1, Type::U64);
  d.run(isInSpace);
}

} // namespace

const OpcodeTable quantc::emulator::moveOpcodes = {
    {"mov", move},     {"selp", select},        {"slct", selectSign},
    {"cvta", convert}, {"isspacep", testSpace},
};
