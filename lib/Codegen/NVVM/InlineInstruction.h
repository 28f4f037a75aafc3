//===- InlineInstruction.h - PTX that LLVM has no name for ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_INLINEINSTRUCTION_H
#define QUANTC_LIB_CODEGEN_NVVM_INLINEINSTRUCTION_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace quantc::nvvm {

/// One instruction without side effects that computes an i32; `constraints` are
/// LLVM's, "=r,f" for f32 to i32 for example.
inline mlir::Value createInlineInstruction(mlir::OpBuilder &builder,
                                           mlir::Location loc,
                                           llvm::StringRef instruction,
                                           llvm::StringRef constraints,
                                           mlir::ValueRange operands) {
  return mlir::LLVM::InlineAsmOp::create(
             builder, loc, builder.getI32Type(), operands, instruction,
             constraints,
             /*has_side_effects=*/false, /*is_align_stack=*/false,
             mlir::LLVM::TailCallKind::None, /*asm_dialect=*/nullptr,
             /*operand_attrs=*/nullptr)
      .getResult(0);
}

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_INLINEINSTRUCTION_H
