//===- Decoder.h - from parsed to executable instructions -------*- C++ -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_EMULATOR_DECODE_DECODER_H
#define QUANTC_EMULATOR_DECODE_DECODER_H

#include "../Machine/Exec.h"

#include <functional>
#include <unordered_map>

namespace quantc::emulator {

/// Device addresses of a module's .global and .const variables.
using SymbolAddresses = std::map<std::string, uint64_t>;

class FunctionDecoder;

/// One instruction while it is decoded. Modifiers are consumed as they are
/// understood; one that is left over is an error, as are operands of the wrong
/// kind or width.
class InstDecoder {
public:
  InstDecoder(FunctionDecoder &function, const ptx::Instruction &source);

  const ptx::Instruction &source;
  Inst inst;

  [[noreturn]] void fail(const std::string &message) const;

  // Modifiers.
  /// Consumes a modifier wherever it stands.
  bool accept(const char *modifier);
  /// Consumes the first of the modifiers that is there; returns its index in
  /// the list, or -1.
  int acceptOneOf(std::initializer_list<const char *> modifiers);
  /// Consumes all modifiers that begin so (L1::evict_last and the like).
  bool acceptPrefix(const std::string &prefix);
  void require(const char *modifier);
  /// Consumes and returns the next modifier that names a type.
  Type type();
  bool hasType() const;
  /// Consumes the next modifier, whatever it is; empty if none is left.
  std::string next();
  /// The first modifier that is left, or empty.
  std::string peek() const;
  void finish() const;

  // Operands.
  void operands(size_t least, size_t most);
  void operands(size_t count) { operands(count, count); }
  const ptx::Operand &operand(size_t index) const {
    return source.operands[index];
  }
  bool hasOperand(size_t index) const { return index < source.operands.size(); }
  Slot from(size_t index, Type type) { return from(operand(index), type); }
  Slot from(const ptx::Operand &operand, Type type);
  Slot to(size_t index, Type type) { return to(operand(index), type); }
  Slot to(const ptx::Operand &operand, Type type);
  /// Of a register that may be wider than the type (ld, st, cvt); `width`
  /// becomes the register's size in bytes.
  Slot fromWide(const ptx::Operand &operand, Type type, unsigned &width);
  Slot toWide(const ptx::Operand &operand, Type type, unsigned &width);
  /// A predicate, inverted first where the operand says so.
  Slot fromPredicate(const ptx::Operand &operand);
  Slot toPredicate(const ptx::Operand &operand);
  Type registerType(const ptx::Operand &operand) const;
  AddressOperand address(const ptx::Operand &operand, ptx::Space &space);
  /// The elements of a vector, or the operand itself.
  std::vector<const ptx::Operand *> elements(const ptx::Operand &operand) const;
  std::vector<const ptx::Operand *> vector(size_t index, size_t count) const;
  int64_t constant(const ptx::Operand &operand) const;
  Slot temporary(Type type);
  Slot constantRow(Type type, uint64_t bits);

  /// Consumes a state space modifier: generic when there is none.
  ptx::Space space();

  template <class P>
  P &payload() {
    auto owned = std::make_unique<P>();
    P &result = *owned;
    inst.payload = owned.get();
    keep(std::move(owned));
    return result;
  }
  /// Emits a helper before this instruction, for all lanes of the split.
  void before(const Inst &helper);
  void run(Handler handler, Flow flow = Flow::Plain,
           Gather gather = Gather::Any) {
    inst.run = handler;
    inst.flow = flow;
    inst.gather = gather;
  }
  FunctionDecoder &function() { return parent; }
  Program &program();

private:
  void keep(std::unique_ptr<Payload> payload);
  Slot symbolAddress(const ptx::Operand &operand, Type type);

  FunctionDecoder &parent;
  std::vector<bool> consumed;
};

using DecodeFunction = void (*)(InstDecoder &);

/// An opcode is the part of an instruction up to the first dot.
struct OpcodeEntry {
  const char *name;
  DecodeFunction decode;
  /// Where the last type is a floating-point type, if that is another family.
  DecodeFunction decodeFloat = nullptr;
};

/// The decoder of an instruction, or null.
DecodeFunction findOpcode(const ptx::Instruction &instruction);

/// Reads a special register: %tid.x and the like.
Inst readSpecialRegister(const std::string &name, Slot target, Type type,
                         InstDecoder &decoder);

/// Where a variable of a function or module lives.
struct VariablePlace {
  const ptx::Variable *variable = nullptr;
  ptx::Space space = ptx::Space::None;
  uint64_t address = 0;
  bool frameRelative = false;
};

class ProgramDecoder {
public:
  ProgramDecoder(const ptx::Module &module, const SymbolAddresses &symbols)
      : module(module), symbols(symbols) {}
  /// Throws ptx::Error.
  std::unique_ptr<Program> decode(const ptx::Function &entry);

  /// The decoded function (perhaps not finished yet) of that name.
  const Function *callee(const std::string &name, int line,
                         const ptx::Function *&source);

  const ptx::Module &module;
  const SymbolAddresses &symbols;
  std::unique_ptr<Program> program;
  /// Addresses of the shared variables that the program reaches.
  std::map<const ptx::Variable *, uint64_t> sharedPlaces;

private:
  void layOutShared(const ptx::Function &entry);

  std::map<std::string, Function *> known;
};

class FunctionDecoder {
public:
  FunctionDecoder(ProgramDecoder &program, const ptx::Function &source,
                  Function &result);
  void decode();

  Slot slotOf(int64_t registerIndex) const { return slots[registerIndex]; }
  Slot temporary(Type type);
  Slot constantRow(Type type, uint64_t bits);
  /// The carry flag CC.CF.
  Slot carry();
  VariablePlace find(const std::string &name, int scope) const;
  /// Offset in local memory of a .param or .local variable of this function.
  uint32_t localOffset(const std::string &name, int scope, int line) const;
  uint32_t labelIndex(const std::string &name, int scope, int line) const;
  const std::vector<std::string> *branchTargets(const std::string &name,
                                                int scope) const;

  ProgramDecoder &program;
  const ptx::Function &source;
  Function &result;
  std::vector<uint32_t>
      starts; ///< first decoded instruction of each parsed one

private:
  void decodeInstruction(size_t index);
  void patchTargets();
  std::vector<Slot> slots;
  Slot carrySlot = noSlot;
  std::map<const ptx::Variable *, uint32_t> localOffsets;
  std::map<std::pair<unsigned, uint64_t>, Slot> constantRows;
};

/// Offsets of the parameters of a kernel or function, each aligned; returns
/// the total size.
uint32_t layOut(const std::vector<ptx::Variable> &variables,
                std::vector<uint32_t> &offsets);

} // namespace quantc::emulator

#endif // QUANTC_EMULATOR_DECODE_DECODER_H
