# find_package(wasi_cloud) gives the target wasi_cloud::wasi_cloud.
get_filename_component(_wasi_cloud_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET wasi_cloud::wasi_cloud)
  add_library(wasi_cloud::wasi_cloud STATIC IMPORTED)
  set_target_properties(wasi_cloud::wasi_cloud PROPERTIES
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    IMPORTED_LOCATION "${_wasi_cloud_prefix}/lib/libwasi_cloud.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_wasi_cloud_prefix}/include")
endif()
unset(_wasi_cloud_prefix)
