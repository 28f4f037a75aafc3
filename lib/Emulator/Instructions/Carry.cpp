//===- Carry.cpp - extended-precision integer arithmetic ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA, "Extended-Precision Integer Arithmetic Instructions". The carry
// flag CC.CF is a predicate of the function.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace quantc::emulator;

namespace {

enum : uint32_t { readsCarry = 1, writesCarry = 2, subtracts = 4 };

/// op[0] = op[1] +- op[2] +- carry; the flag is op[3], inverted for borrows.
template <class T>
Outcome addWithCarry(Exec &x, const Inst &i) {
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]), *b = x.source<T>(i.op[2]);
  uint32_t flags = x.predicate(i.op[3]), next = 0;
  bool minus = i.immediate & subtracts;
  x.forLanes([&](unsigned lane) {
    unsigned carry = i.immediate & readsCarry ? flags >> lane & 1 : 0;
    unsigned __int128 wide = (unsigned __int128)a[lane];
    wide = minus ? wide - b[lane] - carry : wide + b[lane] + carry;
    target[lane] = T(wide);
    next |= uint32_t(wide >> (sizeof(T) * 8) & 1) << lane;
  });
  if (i.immediate & writesCarry)
    x.setPredicate(i.op[3], next);
  return Outcome::Next;
}

struct HighProduct : Payload {
  bool high, sign;
};

template <class T, class S, class W, class WS>
Outcome product(Exec &x, const Inst &i) {
  const auto &mode = *static_cast<const HighProduct *>(i.payload);
  T *target = x.target<T>(i.op[0]);
  const T *a = x.source<T>(i.op[1]), *b = x.source<T>(i.op[2]);
  x.forLanes([&](unsigned lane) {
    W wide =
        mode.sign ? W(WS(S(a[lane])) * WS(S(b[lane]))) : W(a[lane]) * b[lane];
    target[lane] = T(mode.high ? wide >> (sizeof(T) * 8) : wide);
  });
  return Outcome::Next;
}

void addOrSubtract(InstDecoder &d, Slot a, Slot b, Slot target, Type type,
                   uint32_t mode) {
  d.inst.op[0] = target;
  d.inst.op[1] = a;
  d.inst.op[2] = b;
  d.inst.op[3] = d.function().carry();
  d.inst.immediate = mode;
  d.run(sizeOf(type) == 8 ? addWithCarry<uint64_t> : addWithCarry<uint32_t>);
}

void decodeAdd(InstDecoder &d, uint32_t mode) {
  Type type = d.type();
  d.operands(3);
  if (sizeOf(type) < 4 || !isInteger(type))
    d.fail("expected an integer type of 32 or 64 bits");
  Slot a = d.from(1, type), b = d.from(2, type);
  addOrSubtract(d, a, b, d.to(0, type), type, mode);
}

void decodeMad(InstDecoder &d, int part, uint32_t mode) {
  Type type = d.type();
  d.operands(4);
  if (part < 0 || part > 1 || sizeOf(type) < 4 || !isInteger(type))
    d.fail("expected .lo or .hi and an integer type of 32 or 64 bits");
  Inst multiply;
  auto owned = std::make_unique<HighProduct>();
  owned->high = part == 1;
  owned->sign = isSigned(type);
  multiply.payload = owned.get();
  d.function().result.payloads.push_back(std::move(owned));
  multiply.run = sizeOf(type) == 8
                     ? product<uint64_t, int64_t, unsigned __int128, __int128>
                     : product<uint32_t, int32_t, uint64_t, int64_t>;
  multiply.op[0] = d.temporary(type);
  multiply.op[1] = d.from(1, type);
  multiply.op[2] = d.from(2, type);
  Slot c = d.from(3, type);
  d.before(multiply);
  addOrSubtract(d, multiply.op[0], c, d.to(0, type), type, mode);
}

template <uint32_t mode>
void carried(InstDecoder &d) {
  decodeAdd(d, mode | (d.accept("cc") ? writesCarry : 0));
}

void multiplyCarried(InstDecoder &d) {
  int part = d.acceptOneOf({"lo", "hi"});
  decodeMad(d, part, readsCarry | (d.accept("cc") ? writesCarry : 0));
}

} // namespace

void quantc::emulator::decodeCarryAdd(InstDecoder &d, bool subtract) {
  decodeAdd(d, writesCarry | (subtract ? subtracts : 0));
}

void quantc::emulator::decodeCarryMad(InstDecoder &d, int part) {
  decodeMad(d, part, writesCarry);
}

const OpcodeTable quantc::emulator::carryOpcodes = {
    {"addc", carried<readsCarry>},
    {"subc", carried<readsCarry | subtracts>},
    {"madc", multiplyCarried},
};
