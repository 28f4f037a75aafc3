//===- EmitGroup.h - the kernel of a group of linalg ops --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_EMITGROUP_H
#define QUANTC_LIB_CODEGEN_NVVM_EMITGROUP_H

#include "StructuredGroup.h"

namespace quantc::nvvm {

/// Replaces the ops of `group` by a gpu.launch of `name` at the place of the
/// last one.
/// Buffers that only they use are not written any more and disappear.
void emitGroup(StructuredGroup &group, llvm::StringRef name);

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_EMITGROUP_H
