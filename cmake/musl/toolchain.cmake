# CMake tool chain file of the agent: static-PIE on musl. Builds the tool chain first where it is
# missing or outdated (cmake/musl/setup; about 1.5 minutes, once). CMake reads this file several
# times, also for try_compile in other folders: paths derive from where this file lies.
#   -DNBDROOT_MUSL_ARCH=x86_64     target machine
#   -DNBDROOT_MUSL_PREFIX=DIR      where the tool chain is kept, default build/toolchain/TRIPLE
set(CMAKE_SYSTEM_NAME Linux)
if(NOT NBDROOT_MUSL_ARCH)
  cmake_host_system_information(RESULT NBDROOT_MUSL_ARCH QUERY OS_PLATFORM)
endif()
set(CMAKE_SYSTEM_PROCESSOR ${NBDROOT_MUSL_ARCH})
set(_triple ${NBDROOT_MUSL_ARCH}-linux-musl)
if(NOT NBDROOT_MUSL_PREFIX)
  cmake_path(ABSOLUTE_PATH CMAKE_CURRENT_LIST_DIR BASE_DIRECTORY / NORMALIZE OUTPUT_VARIABLE _here)
  cmake_path(SET NBDROOT_MUSL_PREFIX NORMALIZE "${_here}/../../build/toolchain/${_triple}")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NBDROOT_MUSL_ARCH NBDROOT_MUSL_PREFIX)

# GCC's specs and libstdc++'s build quote no paths.
if(NBDROOT_MUSL_PREFIX MATCHES [==[[ ,;:&|#$%'"\()*?<>!]]==])
  message(FATAL_ERROR "the musl tool chain cannot be built in '${NBDROOT_MUSL_PREFIX}': the path "
    "holds a blank or a sign that shells or make read; move the source tree, or give another "
    "folder: cmake --preset static-musl -DNBDROOT_MUSL_PREFIX=DIR")
endif()

get_property(_in_try_compile GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT _in_try_compile)
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/setup --arch ${NBDROOT_MUSL_ARCH}
            --prefix ${NBDROOT_MUSL_PREFIX}
    RESULT_VARIABLE _status)
  if(NOT _status EQUAL 0)
    message(FATAL_ERROR "the musl tool chain could not be built; the reason stands above")
  endif()
endif()

set(CMAKE_C_COMPILER ${NBDROOT_MUSL_PREFIX}/bin/${_triple}-gcc)
set(CMAKE_CXX_COMPILER ${NBDROOT_MUSL_PREFIX}/bin/${_triple}-g++)
# Archives with LTO objects need the gcc-ar family.
set(CMAKE_AR ${NBDROOT_MUSL_PREFIX}/bin/${_triple}-gcc-ar)
set(CMAKE_RANLIB ${NBDROOT_MUSL_PREFIX}/bin/${_triple}-gcc-ranlib)
foreach(_language C CXX)
  set(CMAKE_${_language}_COMPILER_AR ${CMAKE_AR})
  set(CMAKE_${_language}_COMPILER_RANLIB ${CMAKE_RANLIB})
endforeach()

# Never the host's glibc headers, libraries or packages.
set(CMAKE_FIND_ROOT_PATH ${NBDROOT_MUSL_PREFIX})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${NBDROOT_MUSL_PREFIX}/lib/pkgconfig)

# A program that reads the network as root gets ASLR; static-PIE costs about 5 KB. -fPIE for
# libraries too: CMAKE_POSITION_INDEPENDENT_CODE would say -fPIC. Nothing unwinds the stack here, so
# there are no tables for it. -fno-gnu-unique: else the linker marks the file as one for GNU/Linux.
set(CMAKE_C_FLAGS_INIT "-fPIE -ffunction-sections -fdata-sections -fstack-protector-strong")
string(APPEND CMAKE_C_FLAGS_INIT " -fno-asynchronous-unwind-tables -fno-unwind-tables")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -fno-gnu-unique")
# -Oz (since g++ 12) takes 16 KB less than CMake's -Os, of 280 KB.
set(CMAKE_C_FLAGS_MINSIZEREL "-Oz -DNDEBUG" CACHE STRING "flags of the build type MinSizeRel")
set(CMAKE_CXX_FLAGS_MINSIZEREL "-Oz -DNDEBUG" CACHE STRING "flags of the build type MinSizeRel")
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "-static-pie -Wl,--gc-sections,-z,relro,-z,now,--build-id=none")
# What is installed is what is built: the optimised program carries no symbols. One partition lets
# the optimiser see all of it at once: 2 KB less, of 580 KB.
# Code and constants share their pages: 8 KB less of padding and of file.
set(CMAKE_EXE_LINKER_FLAGS_MINSIZEREL_INIT "-s -flto-partition=one -Wl,-z,noseparate-code")
set(CMAKE_EXE_LINKER_FLAGS_RELEASE_INIT "-s")
