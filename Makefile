# Thin: the work is in CMake presets and in scripts/. build/ is the only folder written to.
.PHONY: all deps demo check lint unit interop qemu-test qemu-test-full bench install clean
# The order of prerequisites counts; what takes long uses all processors by itself.
.NOTPARALLEL:

all: deps release agent

deps:
	scripts/install-deps build

release:
	cmake --preset release
	cmake --build --preset release

# The boot agent; its tool chain is built first where it is missing (about 1.5 minutes, once).
agent:
	cmake --preset static-musl
	cmake --build --preset static-musl

# Server + a diskless VM that boots a Debian root from it. DEMO_BATCH=1: unattended.
demo:
	scripts/demo

# Every test that .ci/run runs.
check:
	scripts/check

lint unit interop:
	scripts/check $@

qemu-test:
	scripts/install-deps check
	$(MAKE) release agent
	tests/qemu/run $(if $(QEMU_CASE),$(addprefix --case ,$(QEMU_CASE)))

qemu-test-full:
	scripts/install-deps check
	$(MAKE) release agent
	tests/qemu/run --full $(if $(QEMU_CASE),$(addprefix --case ,$(QEMU_CASE)))

bench:
	scripts/install-deps bench
	$(MAKE) release
	bench/run

install: release agent
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(or $(PREFIX),/usr)"

clean:
	rm -rf build

.PHONY: release agent
