//===- pch.cpp - owner of the shared precompiled header -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// CMake needs a source file to compile a precompiled header with.
