# What `cmake --install` lays down for other projects: headers, the libraries
# (exported where quantc_add_library makes them), the tools and the plugin, and
# the package that find_package(Quantc) reads.
install(DIRECTORY include/quantc ${PROJECT_BINARY_DIR}/include/quantc
  DESTINATION include
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc" PATTERN "CMakeFiles" EXCLUDE)
install(TARGETS quant-opt quantc DESTINATION bin)
install(TARGETS quantc-plugin DESTINATION lib)

include(CMakePackageConfigHelpers)
configure_file(cmake/QuantcConfig.cmake.in QuantcConfig.cmake @ONLY)
write_basic_package_version_file(QuantcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/QuantcConfig.cmake
  ${PROJECT_BINARY_DIR}/QuantcConfigVersion.cmake
  DESTINATION lib/cmake/quantc)
install(EXPORT QuantcTargets DESTINATION lib/cmake/quantc)
