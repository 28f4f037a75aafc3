# Functions shared by the CMakeLists.txt files.

# quantc_precompiled_header(target)
# The MLIR headers that nearly every pass includes are parsed once: the first
# target that asks builds the header, the others reuse it.
function(quantc_precompiled_header target)
  if(NOT TARGET quantc-pch)
    add_library(quantc-pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch.cpp)
    target_precompile_headers(quantc-pch PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.h)
    target_compile_options(quantc-pch PRIVATE -Xclang -fno-pch-timestamp)
    llvm_update_compile_flags(quantc-pch)
  endif()
  target_precompile_headers(${target} REUSE_FROM quantc-pch)
  target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp)
endfunction()

# quantc_add_library(name sources... DEPENDS tablegen-targets... LINK_LIBS quantc-libs... [NO_MLIR])
# A static library of ours. MLIR comes from libMLIR.so, except in libraries
# that must not depend on it (NO_MLIR: the runtime).
function(quantc_add_library name)
  cmake_parse_arguments(ARG "NO_MLIR" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  if(ARG_NO_MLIR)
    target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS})
  else()
    llvm_update_compile_flags(${name})
    quantc_precompiled_header(${name})
    target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} MLIR LLVM)
  endif()
endfunction()

# quantc_add_tool(name sources... LINK_LIBS quantc-libs...)
function(quantc_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  llvm_update_compile_flags(${name})
  quantc_precompiled_header(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# quantc_add_dialect(dialect prefix)
# Generates ops, types, attributes, enums and dialect from <prefix>Ops.td and,
# where it exists, <prefix>Attributes.td of the current folder, as <prefix>*.h.inc.
function(quantc_add_dialect dialect prefix)
  set(LLVM_TARGET_DEFINITIONS ${prefix}Ops.td)
  mlir_tablegen(${prefix}Ops.h.inc -gen-op-decls -dialect=${dialect})
  mlir_tablegen(${prefix}Ops.cpp.inc -gen-op-defs -dialect=${dialect})
  mlir_tablegen(${prefix}Dialect.h.inc -gen-dialect-decls -dialect=${dialect})
  mlir_tablegen(${prefix}Dialect.cpp.inc -gen-dialect-defs -dialect=${dialect})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${prefix}Attributes.td)
    set(LLVM_TARGET_DEFINITIONS ${prefix}Attributes.td)
    mlir_tablegen(${prefix}Enums.h.inc -gen-enum-decls)
    mlir_tablegen(${prefix}Enums.cpp.inc -gen-enum-defs)
    mlir_tablegen(${prefix}Attributes.h.inc -gen-attrdef-decls -attrdefs-dialect=${dialect})
    mlir_tablegen(${prefix}Attributes.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${dialect})
  endif()
  add_public_tablegen_target(Quantc${prefix}IncGen)
endfunction()

# quantc_add_passes(name)
# Generates Passes.h.inc of the current folder; <name> prefixes the
# registration function: register<name>Passes().
function(quantc_add_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(Quantc${name}PassesIncGen)
endfunction()
