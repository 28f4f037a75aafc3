//===- Families.h - tables of opcodes by family -----------------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_INSTRUCTIONS_FAMILIES_H
#define QUANTC_EMULATOR_INSTRUCTIONS_FAMILIES_H

#include "../Decode/Decoder.h"

namespace quantc::emulator {

using OpcodeTable = std::vector<OpcodeEntry>;

extern const OpcodeTable integerOpcodes, bitOpcodes, carryOpcodes, logicOpcodes,
    moveOpcodes, compareOpcodes, floatOpcodes, approximateOpcodes,
    convertOpcodes, memoryOpcodes, atomicOpcodes, controlOpcodes,
    barrierOpcodes, warpOpcodes, matrixOpcodes, matrixMoveOpcodes, copyOpcodes,
    mbarrierOpcodes, clusterOpcodes, wgmmaOpcodes;

// Opcodes that integer and floating-point types share.
void decodeFloatAdd(InstDecoder &d);
void decodeFloatSub(InstDecoder &d);
void decodeFloatMul(InstDecoder &d);
void decodeFloatFma(InstDecoder &d);
void decodeFloatDiv(InstDecoder &d);
void decodeFloatAbs(InstDecoder &d);
void decodeFloatNeg(InstDecoder &d);
void decodeFloatMin(InstDecoder &d);
void decodeFloatMax(InstDecoder &d);

/// barrier.cluster.arrive and .wait.
void decodeClusterBarrier(InstDecoder &d);
/// cp.async.bulk, cp.reduce.async.bulk and their groups.
void decodeBulk(InstDecoder &d);
/// red.async, which completes on an mbarrier.
void decodeRedAsync(InstDecoder &d);
/// st.async, likewise.
void decodeStoreAsync(InstDecoder &d);

/// add.cc and sub.cc, mad.cc: they set the carry flag.
void decodeCarryAdd(InstDecoder &d, bool subtract);
void decodeCarryMad(InstDecoder &d, int part);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_INSTRUCTIONS_FAMILIES_H
