# QUANTC_CUDA_BIN: the folder of ptxas, nvdisasm and fatbinary.
# The pinned wheels of the virtual environment come first, a toolkit second: the
# tests count machine instructions, which belong to one version of the assembler.
if(NOT QUANTC_CUDA_BIN)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    OUTPUT_VARIABLE site_packages OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_path(QUANTC_CUDA_BIN ptxas
    HINTS ${site_packages}/nvidia/cu13/bin
    PATHS ENV CUDA_HOME /usr/local/cuda
    PATH_SUFFIXES bin
    DOC "Folder of ptxas, nvdisasm and fatbinary")
endif()
if(NOT QUANTC_CUDA_BIN)
  message(STATUS "no ptxas: kernels are not assembled, tests of machine code are left out")
endif()
