# cmake --install and make install.
include(GNUInstallDirs)
install(TARGETS nbd-rootserver RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
