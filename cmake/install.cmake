# cmake --install and make install.
include(GNUInstallDirs)
install(TARGETS nbd-rootserver RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Built by the preset static-musl, from the agent's sources.
install(PROGRAMS ${PROJECT_SOURCE_DIR}/build/bin/nbdrootctl
  DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(page nbd-rootserver.8 nbd-rootserver.ini.5 nbdroot-agent.8 nbdroot-cmdline.7 nbdroot-handover.7
    nbdrootctl.8)
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES docs/man/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(PROGRAMS kernel-config/check DESTINATION ${CMAKE_INSTALL_DATADIR}/nbdroot/kernel-config)
install(FILES kernel-config/required.config kernel-config/vm.config
  DESTINATION ${CMAKE_INSTALL_DATADIR}/nbdroot/kernel-config)
