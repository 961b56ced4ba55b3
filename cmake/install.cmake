# cmake --install and make install.
include(GNUInstallDirs)
install(TARGETS nbd-rootserver nbd-rootserverctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Built by the preset static-musl, from the agent's sources.
install(PROGRAMS ${PROJECT_SOURCE_DIR}/build/bin/nbdrootctl
  DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(page nbd-rootserver.8 nbd-rootserver.ini.5 nbd-rootserverctl.8 nbdroot-agent.8 nbdroot-cmdline.7 nbdroot-handover.7
    nbdrootctl.8)
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES docs/man/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(PROGRAMS kernel-config/check DESTINATION ${CMAKE_INSTALL_DATADIR}/nbdroot/kernel-config)
install(FILES kernel-config/required.config kernel-config/vm.config
  DESTINATION ${CMAKE_INSTALL_DATADIR}/nbdroot/kernel-config)
# systemd looks for both below /usr/lib whatever the library folder of the architecture is called.
configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/nbd-rootserver.service.in
  ${PROJECT_BINARY_DIR}/packaging/nbd-rootserver.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/nbd-rootserver.service
  packaging/systemd/nbd-rootserver.socket
  DESTINATION lib/systemd/system)
install(FILES packaging/systemd/nbd-rootserver.sysusers
  DESTINATION lib/sysusers.d RENAME nbd-rootserver.conf)
