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

# is_cached OUT STAMP
is_cached() { [ -f "$1" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$2" ]; }

# publish TEMPORARY OUT STAMP: the image appears whole or not at all.
publish() {
  rm -f "$2.stamp"
  mv -f "$1" "$2"
  printf '%s\n' "$3" >"$2.stamp"
}
