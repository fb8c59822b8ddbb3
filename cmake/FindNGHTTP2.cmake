# Debian's libnghttp2-dev has a .pc file and no CMake package: NGHTTP2::NGHTTP2.
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h)
find_library(NGHTTP2_LIBRARY nghttp2)
if(NGHTTP2_INCLUDE_DIR)
  file(STRINGS ${NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2ver.h version_line REGEX "define NGHTTP2_VERSION \"")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" NGHTTP2_VERSION "${version_line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NGHTTP2 REQUIRED_VARS NGHTTP2_LIBRARY NGHTTP2_INCLUDE_DIR VERSION_VAR NGHTTP2_VERSION)
if(NGHTTP2_FOUND AND NOT TARGET NGHTTP2::NGHTTP2)
  add_library(NGHTTP2::NGHTTP2 UNKNOWN IMPORTED)
  set_target_properties(NGHTTP2::NGHTTP2 PROPERTIES IMPORTED_LOCATION ${NGHTTP2_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${NGHTTP2_INCLUDE_DIR})
endif()
