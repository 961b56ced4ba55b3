# The end-to-end tests as build targets: qemu-test and qemu-test-full. The server is this
# build's; the agent comes from a build of its own, with its own compiler.
add_custom_target(qemu-agent
  COMMAND ${CMAKE_COMMAND} --preset static-musl
  COMMAND ${CMAKE_COMMAND} --build --preset static-musl
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
foreach(target qemu-test qemu-test-full)
  string(REPLACE "qemu-test" "" arguments ${target})
  string(REPLACE "-full" "--full" arguments "${arguments}")
  add_custom_target(${target}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/qemu/run --programs ${NBDROOT_BIN} ${arguments}
    USES_TERMINAL VERBATIM)
  add_dependencies(${target} nbd-rootserver root-load qemu-agent)
endforeach()
