# QUANTC_CUDA_BIN: the folder of ptxas, nvdisasm and fatbinary.
#
# Tests know counts of machine instructions, which belong to one version of the
# assembler: that of the wheel in scripts/requirements.txt. So an installed toolkit comes first where it has that version, else
# the pinned wheels of the virtual environment, else a toolkit of another version
# or without nvdisasm: it makes machine code for bundles, and what nvdisasm or the
# pinned version is needed for is left out of the tests.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../scripts/requirements.txt QUANTC_PTXAS_VERSION
  REGEX "^nvidia-cuda-nvcc==")
string(REPLACE "nvidia-cuda-nvcc==" "" QUANTC_PTXAS_VERSION "${QUANTC_PTXAS_VERSION}")

# The version of the ptxas in a folder; empty where there is none that runs.
function(quantc_get_ptxas_version folder result)
  set(version "")
  if(EXISTS ${folder}/ptxas)
    execute_process(COMMAND ${folder}/ptxas --version
      OUTPUT_VARIABLE text ERROR_QUIET RESULT_VARIABLE code)
    if(code EQUAL 0 AND text MATCHES "V([0-9]+\\.[0-9]+\\.[0-9]+)")
      set(version ${CMAKE_MATCH_1})
    endif()
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

if(NOT QUANTC_CUDA_BIN)
  # The ptxas of 12.4 is the first that knows PTX 8.4, which sm_89 needs.
  find_package(CUDAToolkit 12.4 QUIET)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    OUTPUT_VARIABLE site_packages OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(wheels ${site_packages}/nvidia/cu13/bin)
  set(toolkit "")
  if(CUDAToolkit_FOUND)
    set(toolkit ${CUDAToolkit_BIN_DIR})
  endif()
  quantc_get_ptxas_version("${toolkit}" toolkit_version)
  quantc_get_ptxas_version("${wheels}" wheels_version)
  set(chosen "")
  if(toolkit_version STREQUAL QUANTC_PTXAS_VERSION AND EXISTS ${toolkit}/nvdisasm)
    set(chosen ${toolkit})
  elseif(wheels_version)
    set(chosen ${wheels})
  elseif(toolkit_version)
    set(chosen ${toolkit})
  endif()
  if(chosen)
    set(QUANTC_CUDA_BIN ${chosen} CACHE PATH "Folder of ptxas, nvdisasm and fatbinary")
  endif()
endif()

quantc_get_ptxas_version("${QUANTC_CUDA_BIN}" QUANTC_FOUND_PTXAS_VERSION)
if(QUANTC_FOUND_PTXAS_VERSION)
  message(STATUS "ptxas ${QUANTC_FOUND_PTXAS_VERSION}: ${QUANTC_CUDA_BIN}")
  if(NOT QUANTC_FOUND_PTXAS_VERSION STREQUAL QUANTC_PTXAS_VERSION)
    message(STATUS "machine instructions are counted with ptxas ${QUANTC_PTXAS_VERSION}: "
      "counts are not compared")
  endif()
else()
  message(STATUS "no ptxas: kernels are not assembled, tests of machine code are left out")
endif()
