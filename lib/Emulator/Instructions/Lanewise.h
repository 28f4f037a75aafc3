//===- Lanewise.h - the same scalar function on every lane ------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_LANEWISE_H
#define QUANTC_EMULATOR_INSTRUCTIONS_LANEWISE_H

#include "../Decode/Decoder.h"

#include <cstring>
#include <type_traits>
#include <utility>

namespace quantc::emulator {

template <class Signature, Signature *function>
struct Lanes;

template <class R, class... A, R (*function)(A...)>
struct Lanes<R(A...), function> {
  static Outcome run(Exec &x, const Inst &i) {
    return apply(x, i, std::index_sequence_for<A...>());
  }

private:
  template <size_t... n>
  static Outcome apply(Exec &x, const Inst &i, std::index_sequence<n...>) {
    R *target = x.target<R>(i.op[0]);
    if (x.mask == allLanes) {
      R result[warpSize];
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[lane] = function(x.source<A>(i.op[n + 1])[lane]...);
      std::memcpy(target, result, sizeof result);
    } else {
      x.forLanes([&](unsigned lane) {
        target[lane] = function(x.source<A>(i.op[n + 1])[lane]...);
      });
    }
    return Outcome::Next;
  }
};

/// op[0] = function(op[1], op[2], ...) on every active lane.
template <auto function>
constexpr Handler lanewise =
    &Lanes<std::remove_pointer_t<decltype(function)>, function>::run;

/// Op<T>::apply for the integer type.
template <template <class> class Op>
Handler lanewiseInteger(Type type) {
  switch (type) {
  case Type::U16:
  case Type::B16:
    return lanewise<&Op<uint16_t>::apply>;
  case Type::S16:
    return lanewise<&Op<int16_t>::apply>;
  case Type::U32:
  case Type::B32:
    return lanewise<&Op<uint32_t>::apply>;
  case Type::S32:
    return lanewise<&Op<int32_t>::apply>;
  case Type::U64:
  case Type::B64:
    return lanewise<&Op<uint64_t>::apply>;
  case Type::S64:
    return lanewise<&Op<int64_t>::apply>;
  default:
    return nullptr;
  }
}

/// Op<T>::apply for unsigned integers of the type's width.
template <template <class> class Op>
Handler lanewiseBits(Type type) {
  switch (sizeOf(type)) {
  case 2:
    return lanewise<&Op<uint16_t>::apply>;
  case 4:
    return lanewise<&Op<uint32_t>::apply>;
  case 8:
    return lanewise<&Op<uint64_t>::apply>;
  default:
    return nullptr;
  }
}

/// Decodes op[0] and op[1..] of the given types.
inline void operandsFrom(InstDecoder &d, Type target,
                         std::initializer_list<Type> sources) {
  d.operands(1 + sources.size());
  d.inst.op[0] = d.to(0, target);
  size_t index = 1;
  for (Type type : sources) {
    d.inst.op[index] = d.from(index, type);
    ++index;
  }
}

/// Runs the handler that was found for a type, if one was.
inline void runFound(InstDecoder &d, Handler handler) {
  if (!handler)
    d.fail("unsupported type");
  d.run(handler);
}

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_LANEWISE_H
