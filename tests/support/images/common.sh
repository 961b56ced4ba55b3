# Shared by the image makers: progress lines, the cache stamp, a check of the tools.
# Sourced by bash, after `set -euo pipefail`.

# step TEXT: one line with the seconds since the start.
step() { printf '%5d s  %s\n' "$SECONDS" "$*" >&2; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# need PROGRAM PACKAGE: a missing tool is one clear line.
need() { command -v "$1" >/dev/null || die "$1 is missing; install the package $2"; }

# recipe_stamp WORDS -- FILES: identifies the recipe, not the packages of the day.
recipe_stamp() {
  local words=()
  while [ "$1" != -- ]; do words+=("$1") && shift; done
  shift
  { printf '%s\n' "${words[@]}" && cat "$@"; } | sha256sum | cut -d' ' -f1
}

# lock OUT: one maker at a time; a second one waits and then finds the image cached.
lock() {
  mkdir -p "$(dirname "$1")"
  exec 9>"$1.lock"
  flock 9
}

# is_cached OUT STAMP
is_cached() { [ -f "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]; }

# publish TEMPORARY OUT STAMP: the image appears whole or not at all.
publish() {
  rm -f "$2.stamp"
  mv -f "$1" "$2"
  printf '%s\n' "$3" >"$2.stamp"
}

# Root of this machine, or of a user namespace of our own.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else unshare --map-root-user --map-auto "$@"; fi
}

# This machine's own package sources for Debian 12; none: mmdebstrap takes its default.
package_sources() {
  # shellcheck disable=SC2016
  apt-get indextargets 'Created-By: Packages' --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' |
    grep -E ' bookworm(-updates|-security)? ' | sort -u || true
}

# mmdebstrap's milestones, each with its time; the whole output goes to the file $log.
show_milestones() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    case $line in "I: "*) step "  ${line#I: }" ;; esac
  done
}
