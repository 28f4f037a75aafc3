//===- MatrixMove.cpp - ldmatrix, stmatrix, movmatrix ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA: lanes 8j .. 8j+7 give the addresses of the rows of matrix j; lane
// 4g + t holds elements 2t and 2t+1 of row g, or of column g with .trans.
//
//===----------------------------------------------------------------------===//

#include "AccessCounts.h"
#include "Families.h"

#include <cstring>

using namespace quantc::emulator;
using ptx::Space;

namespace {

struct MatrixMove : Payload {
  AddressOperand address;
  Space space = Space::Shared;
  unsigned count; ///< of 8x8 matrices
  bool transposed;
  Slot slots[4];
};

constexpr unsigned rowBytes = 16;

/// Pointers to the rows of matrix j.
void locateRows(Exec &x, const MatrixMove &move, Access access,
                char *rows[4][8]) {
  for (unsigned j = 0; j < move.count; ++j)
    for (unsigned row = 0; row < 8; ++row) {
      unsigned lane = 8 * j + row;
      rows[j][row] = x.reach(move.space, x.address(move.address, lane),
                             rowBytes, access, lane);
    }
  if (x.launch().options.counts) {
    uint64_t addresses[warpSize];
    for (unsigned lane = 0; lane < 8 * move.count; ++lane)
      addresses[lane] = x.address(move.address, lane);
    uint32_t lanes = move.count == 4 ? allLanes : (1u << 8 * move.count) - 1;
    countAccess(x, move.space, addresses, lanes, rowBytes);
  }
}

/// Row and column of element e of a lane.
std::pair<unsigned, unsigned> elementOf(unsigned lane, unsigned e,
                                        bool transposed) {
  unsigned g = lane / 4, c = 2 * (lane % 4) + e;
  return transposed ? std::make_pair(c, g) : std::make_pair(g, c);
}

Outcome loadMatrix(Exec &x, const Inst &i) {
  const auto &move = *static_cast<const MatrixMove *>(i.payload);
  char *rows[4][8];
  locateRows(x, move, Access::Read, rows);
  uint16_t result[4][warpSize][2]; // addresses may lie in the targets
  for (unsigned j = 0; j < move.count; ++j)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned e = 0; e < 2; ++e) {
        auto [row, column] = elementOf(lane, e, move.transposed);
        std::memcpy(&result[j][lane][e], rows[j][row] + 2 * column, 2);
      }
  for (unsigned j = 0; j < move.count; ++j)
    std::memcpy(x.target<char>(move.slots[j]), result[j], sizeof result[j]);
  return Outcome::Next;
}

Outcome storeMatrix(Exec &x, const Inst &i) {
  const auto &move = *static_cast<const MatrixMove *>(i.payload);
  char *rows[4][8];
  locateRows(x, move, Access::Write, rows);
  for (unsigned j = 0; j < move.count; ++j)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned e = 0; e < 2; ++e) {
        auto [row, column] = elementOf(lane, e, move.transposed);
        std::memcpy(rows[j][row] + 2 * column,
                    x.source<uint16_t>(move.slots[j]) + lane * 2 + e, 2);
      }
  x.cluster().progress();
  return Outcome::Next;
}

Outcome transposeMatrix(Exec &x, const Inst &i) {
  uint16_t matrix[8][8];
  const uint16_t *source = x.source<uint16_t>(i.op[1]);
  uint16_t *target = x.target<uint16_t>(i.op[0]);
  std::memcpy(matrix, source, sizeof matrix);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned e = 0; e < 2; ++e) {
      auto [row, column] = elementOf(lane, e, true);
      target[lane * 2 + e] = matrix[row][column];
    }
  return Outcome::Next;
}

void decodeMove(InstDecoder &d, bool loads) {
  d.require("sync");
  d.require("aligned");
  d.require("m8n8");
  auto &move = d.payload<MatrixMove>();
  int count = d.acceptOneOf({"x1", "x2", "x4"});
  if (count < 0)
    d.fail("expected .x1, .x2 or .x4");
  move.count = 1u << count;
  move.transposed = d.accept("trans");
  move.space = d.space();
  if (d.type() != Type::B16)
    d.fail("expected .b16");
  d.operands(2);
  move.address = d.address(d.operand(loads ? 1 : 0), move.space);
  auto registers = d.vector(loads ? 0 : 1, move.count);
  for (unsigned j = 0; j < move.count; ++j)
    move.slots[j] = loads ? d.to(*registers[j], Type::B32)
                          : d.from(*registers[j], Type::B32);
  d.run(loads ? loadMatrix : storeMatrix, Flow::Collective, Gather::Full);
}

void decodeTranspose(InstDecoder &d) {
  for (const char *modifier : {"sync", "aligned", "m8n8", "trans", "b16"})
    d.require(modifier);
  d.operands(2);
  d.inst.op[0] = d.to(0, Type::B32);
  d.inst.op[1] = d.from(1, Type::B32);
  d.run(transposeMatrix, Flow::Collective, Gather::Full);
}

} // namespace

const OpcodeTable quantc::emulator::matrixMoveOpcodes = {
    {"ldmatrix", [](InstDecoder &d) { decodeMove(d, true); }},
    {"stmatrix", [](InstDecoder &d) { decodeMove(d, false); }},
    {"movmatrix", decodeTranspose},
};
