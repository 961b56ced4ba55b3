# cmake --install and make install.
include(GNUInstallDirs)
install(TARGETS nbd-rootserver RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(page nbd-rootserver.8 nbd-rootserver.ini.5 nbdroot-agent.8 nbdroot-cmdline.7)
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES docs/man/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
