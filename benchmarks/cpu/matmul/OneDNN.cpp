//===- OneDNN.cpp - the yardstick -----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Candidates.h"

#include <cstring>
#include <dnnl.hpp>
#include <unordered_map>

using namespace matmul;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

namespace {

template <typename T>
Candidate make(const Problem &p, const char *name, Type lhs, Type rhs,
               Type result, const T *a, const T *b, bool scaled) {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  dnnl::memory::desc aDesc({p.m, p.k}, lhs, Tag::ab);
  dnnl::memory::desc bDesc({p.k, p.n}, rhs, Tag::any);
  dnnl::memory::desc cDesc({p.m, p.n}, result, Tag::ab);
  dnnl::primitive_attr attributes;
  if (scaled)
    attributes.set_output_scales(1 << 1, p.scale);
  dnnl::matmul::primitive_desc desc({aDesc, bDesc, cDesc}, attributes, engine);
  dnnl::matmul primitive(desc);
  dnnl::memory aMemory(desc.src_desc(), engine);
  dnnl::memory bMemory(desc.weights_desc(), engine);
  dnnl::memory cMemory(desc.dst_desc(), engine);
  dnnl::memory plain({{p.k, p.n}, rhs, Tag::ab}, engine);
  std::memcpy(aMemory.get_data_handle(), a, p.m * p.k * sizeof(T));
  std::memcpy(plain.get_data_handle(), b, p.k * p.n * sizeof(T));
  dnnl::reorder(plain, bMemory).execute(stream, plain, bMemory);
  stream.wait();
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, aMemory},
      {DNNL_ARG_WEIGHTS, bMemory},
      {DNNL_ARG_DST, cMemory}};
  Candidate candidate{name, [=] {
                        primitive.execute(stream, arguments);
                        stream.wait();
                      }};
  if (result == Type::s8)
    candidate.int8Result = static_cast<int8_t *>(cMemory.get_data_handle());
  if (result == Type::f32)
    candidate.floatResult = static_cast<float *>(cMemory.get_data_handle());
  return candidate;
}

} // namespace

std::vector<Candidate> matmul::makeOneDNN(const Problem &p) {
  const int8_t *a = p.a.data(), *b = p.b.data();
  return {
      make(p, "oneDNN f32", Type::f32, Type::f32, Type::f32, p.aFloat.data(),
           p.bFloat.data(), false),
      make(p, "oneDNN u8s8->s32", Type::u8, Type::s8, Type::s32, a, b, false),
      make(p, "oneDNN s8s8->s8", Type::s8, Type::s8, Type::s8, a, b, true)};
}
