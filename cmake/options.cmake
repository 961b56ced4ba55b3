# nbdroot_options: what every target of ours is compiled with.
add_library(nbdroot_options INTERFACE)
target_compile_definitions(nbdroot_options INTERFACE NBDROOT_VERSION="${PROJECT_VERSION}")
target_compile_options(nbdroot_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wnull-dereference
  # Statement expressions carry NBDROOT_TRY.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>
  $<$<BOOL:${NBDROOT_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees null dereferences through inlined library code that cannot happen.
  target_compile_options(nbdroot_options INTERFACE -Wno-null-dereference)
endif()

if(NBDROOT_SANITIZE)
  target_compile_options(nbdroot_options INTERFACE
    -fsanitize=${NBDROOT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(nbdroot_options INTERFACE -fsanitize=${NBDROOT_SANITIZE})
endif()

# tl::expected is one header. The musl build must not see all of /usr/include, so the header's own
# folder is offered under a name of ours.
find_path(NBDROOT_EXPECTED_HEADERS tl/expected.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH
  REQUIRED)
if(NBDROOT_AGENT_ONLY)
  set(NBDROOT_EXPECTED_INCLUDE ${CMAKE_BINARY_DIR}/headers)
  file(MAKE_DIRECTORY ${NBDROOT_EXPECTED_INCLUDE})
  file(CREATE_LINK ${NBDROOT_EXPECTED_HEADERS}/tl ${NBDROOT_EXPECTED_INCLUDE}/tl SYMBOLIC)
else()
  set(NBDROOT_EXPECTED_INCLUDE ${NBDROOT_EXPECTED_HEADERS})
endif()

# The agent's rules: no exceptions, no RTTI. Its parts carry them; the libraries that it shares with
# the server get them in the agent's own build only.
add_library(nbdroot_agent_options INTERFACE)
target_compile_options(nbdroot_agent_options INTERFACE -fno-exceptions -fno-rtti)
if(NBDROOT_AGENT_ONLY)
  # The agent has one thread.
  target_compile_options(nbdroot_options INTERFACE -fno-exceptions -fno-rtti
    -fno-threadsafe-statics)
endif()

if(CMAKE_BUILD_TYPE MATCHES "Release|MinSizeRel")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT NBDROOT_HAVE_LTO LANGUAGES CXX)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${NBDROOT_HAVE_LTO})
endif()

# All programs land in build/bin, whatever the preset's own folder; sanitizer and debug builds keep
# theirs to themselves.
if(CMAKE_BUILD_TYPE MATCHES "Release|MinSizeRel")
  set(NBDROOT_BIN ${PROJECT_SOURCE_DIR}/build/bin)
else()
  set(NBDROOT_BIN ${CMAKE_BINARY_DIR}/bin)
endif()
