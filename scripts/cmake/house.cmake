# SPDX-License-Identifier: Apache-2.0
# The rules that every folder's CMakeLists.txt uses.

# migsim_library(NAME [EXCEPT file...] [PUBLIC lib...] [PRIVATE lib...])
# The static library of the current folder: every .cpp below it. A folder of headers alone is an interface library.
function(migsim_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT;PUBLIC;PRIVATE")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
    foreach(file IN LISTS arg_EXCEPT)
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    endforeach()
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
        target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
        target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    endif()
endfunction()

# migsim_data(DIRECTORY): installs a folder of the current one below share/migsim, under the same relative path as in
# the source tree, and links it at the same place in the build tree, so that one search rule serves both.
function(migsim_data directory)
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${directory})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
    get_filename_component(parent ${path} DIRECTORY)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/migsim/${parent})
    file(CREATE_LINK ${source} ${PROJECT_BINARY_DIR}/share/migsim/${path} SYMBOLIC)
    install(DIRECTORY ${source} DESTINATION share/migsim/${parent})
endfunction()

# migsim_version(TARGET): gives the target `#include "migsim_version.h"`, rewritten at build time when the commit changes.
function(migsim_version target)
    set(header ${PROJECT_BINARY_DIR}/generated/migsim_version.h)
    add_custom_target(migsim_version_header
        COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
                -DHEADER=${header} -P ${PROJECT_SOURCE_DIR}/scripts/cmake/version.cmake
        BYPRODUCTS ${header} COMMENT "Looking up the commit" VERBATIM)
    add_dependencies(${target} migsim_version_header)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL INTERFACE_LIBRARY)
        target_include_directories(${target} INTERFACE ${PROJECT_BINARY_DIR}/generated)
    else()
        target_include_directories(${target} PUBLIC ${PROJECT_BINARY_DIR}/generated)
    endif()
endfunction()
