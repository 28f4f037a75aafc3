//===- GroupEmitter.h - the kernel of a group, piece by piece ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread has some slots: consecutive points of the domain, or elements of its
// warp's row. A value that an op writes is kept for each slot and goes to
// memory at the end, if anybody else reads it. So loads and stores of
// neighbouring slots stand together, where LLVM makes vectors of them.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CODEGEN_NVVM_GROUPEMITTER_H
#define QUANTC_LIB_CODEGEN_NVVM_GROUPEMITTER_H

#include "StructuredGroup.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace quantc::nvvm {

/// Replaces the ops of one group by a gpu.launch.
class GroupEmitter {
public:
  GroupEmitter(StructuredGroup &group, llvm::StringRef name)
      : group(group), name(name), last(group.members.back().op),
        b(last.getLoc(), last) {}

  void emit();

private:
  static constexpr int64_t threadsPerBlock = 128, warpSize = 32;

  /// The elements of a buffer by the group's coordinates.
  using Place = std::pair<mlir::Value, mlir::AffineMap>;

  int64_t chooseSlots();
  int64_t chooseOccupancy();
  void computeCoordinates(mlir::Value thread, mlir::Value block);
  void computeSlots(llvm::ArrayRef<mlir::Value> rowIndices);
  void emitBody();
  void emitPointwise(const GroupMember &member);
  void emitLoops(const GroupMember &member);
  void emitWarpReduction(const GroupMember &member);
  void emitStores();

  // Rows that do not fit into registers, in passes over their elements.
  using Members = llvm::ArrayRef<GroupMember>;
  void emitLongRows();
  void emitPass(Members pass, Members later);
  llvm::SmallVector<mlir::Value>
  emitColumns(Members pass, Members later, llvm::ArrayRef<mlir::Value> indices,
              mlir::ValueRange partial);
  llvm::SmallVector<mlir::Value> emitElement(Members pass, Members later,
                                             llvm::ArrayRef<mlir::Value> column,
                                             mlir::ValueRange partial);
  bool isKept(const Place &place, Members later);
  void loadRowValues(Members pass);
  mlir::Operation *getCombiner(const GroupMember &member,
                               mlir::OpOperand &init);
  mlir::Value makeNeutral(mlir::Operation *combiner);
  mlir::Value combineWithInit(const GroupMember &member, mlir::OpOperand &init,
                              mlir::Value partial);

  bool isLocal(mlir::Value root);
  void eraseMembers();

  mlir::Value constant(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, value);
  }
  mlir::Value multiplyAdd(mlir::Value x, int64_t factor, mlir::Value y) {
    mlir::Value product = mlir::arith::MulIOp::create(b, x, constant(factor));
    return mlir::arith::AddIOp::create(b, product, y);
  }
  llvm::SmallVector<mlir::Value> delinearize(mlir::Value linear,
                                             llvm::ArrayRef<int64_t> sizes);
  mlir::Value import(mlir::Value value);
  llvm::SmallVector<mlir::Value> evaluate(mlir::linalg::LinalgOp op,
                                          mlir::ValueRange loops,
                                          mlir::ValueRange arguments);
  llvm::SmallVector<mlir::Value> toLoops(const GroupMember &member,
                                         mlir::ValueRange coordinates);
  Place getPlace(const GroupMember &member, mlir::OpOperand &operand) {
    return {operand.get(), member.getCanonicalMap(operand)};
  }
  mlir::Value load(const Place &place, mlir::ValueRange coordinates);
  llvm::SmallVector<mlir::Value> getIndices(mlir::AffineMap map,
                                            mlir::ValueRange coordinates);
  bool dependsOnSlot(mlir::AffineMap map);
  mlir::Value getValue(const GroupMember &member, mlir::OpOperand &operand,
                       unsigned slot);
  llvm::SmallVector<mlir::Value> getOperands(const GroupMember &member,
                                             unsigned slot);
  mlir::Value reduceInWarp(mlir::Operation *combiner, mlir::Value partial);

  StructuredGroup &group;
  llvm::StringRef name;
  mlir::linalg::LinalgOp last;
  mlir::ImplicitLocOpBuilder b;
  /// For each slot, the domain's indices and those of the columns.
  std::vector<llvm::SmallVector<mlir::Value>> coordinates;
  /// For each slot, whether it is in the row; null where it always is.
  llvm::SmallVector<mlir::Value> isInside;
  /// What is known of buffers: one value, or one a slot.
  llvm::DenseMap<Place, llvm::SmallVector<mlir::Value>> values;
  /// Buffers that elements are read from.
  llvm::DenseSet<mlir::Value> loaded;
  /// Places that members write, and the member's location.
  llvm::MapVector<Place, mlir::Location> written;
  /// Constants of the function and computed places, cloned to the start of the
  /// kernel, one behind the other.
  mlir::IRMapping imported;
  mlir::Operation *lastImported = nullptr;
  mlir::Block *kernel = nullptr;
  mlir::Value lane;
};

} // namespace quantc::nvvm

#endif // QUANTC_LIB_CODEGEN_NVVM_GROUPEMITTER_H
