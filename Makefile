# Thin: the work is in CMake presets and in scripts/. build/ is the only folder written to.
.PHONY: all deps demo check lint unit interop qemu-test qemu-test-full install clean
.PHONY: bench bench-server bench-overlay bench-hash bench-relay bench-network
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

bench: bench-server bench-overlay bench-hash bench-relay bench-network

# Our server beside its peers.
bench-server:
	scripts/install-deps bench
	$(MAKE) release
	bench/run

# Overlays, beside the same image without them; BENCH_ROUNDS=N for more rounds than 5.
bench-overlay:
	scripts/install-deps bench
	$(MAKE) release
	bench/overlay $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS))

# Hashes by the server, beside sha256sum and xxhsum; BENCH_ROUNDS=N for more rounds than 7.
bench-hash:
	scripts/install-deps bench
	$(MAKE) release
	bench/hash $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS))

# The attach modes beside each other, in a VM; BENCH_ROUNDS=N for more rounds than 3.
bench-relay:
	scripts/install-deps bench
	$(MAKE) release agent
	bench/relay $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS))

# The network of a boot: its address, and the way to the server; BENCH_ROUNDS=N for more than 7.
bench-network:
	scripts/install-deps bench
	cmake --preset dev && cmake --build --preset dev --target network_probe
	bench/network $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS))

install: release agent
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(or $(PREFIX),/usr)"

clean:
	rm -rf build

.PHONY: release agent
