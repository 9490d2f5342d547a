# Shared set-up of every script in bin/: a Python environment in .venv and, for the tests, Debian's servers and tools.
#
#   . "$(dirname "$0")/_setup.sh"
#   huabao_setup runtime     what Huabao itself needs (bin/demo, bin/huabao, bin/bench)
#   huabao_setup tests       that, the test tools, PostgreSQL, Redis, Chromium and the rest
#
# Says each thing that it installs (on standard error), asks nothing, and is quick when there is nothing to do.
# Without root it names the one command to ask an administrator for, and stops.

HUABAO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
HUABAO_VENV="$HUABAO_ROOT/.venv"

_say() { printf 'set-up: %s\n' "$*" >&2; }
_die() { printf 'set-up: %s\n' "$*" >&2; exit 2; }

# --- Debian packages --------------------------------------------------------------------------------------------------

_have() { command -v "$1" >/dev/null 2>&1; }
_have_any_file() { compgen -G "$1" >/dev/null; }

# The Debian packages that are missing for the tests: one check, one package.
_missing_packages() {
  _have git || echo git  # the house tests ask it which files belong to the project
  _have_any_file '/usr/lib/postgresql/*/bin/initdb' || _have initdb || echo postgresql
  _have redis-server || echo redis-server
  _have tshark || echo tshark
  _have chromium || _have chromium-browser || _have google-chrome || echo chromium
  _have docker-compose || echo docker-compose
  _have pdftoppm || echo poppler-utils
  _have setpriv || echo util-linux
  # WAP pages are held against W3C's DTDs, and compiled as a gateway compiles them.
  [ -e /usr/share/xml/w3c-sgml-lib/schema/dtd/catalog.xml ] || echo w3c-sgml-lib
  _have xml2wbxml || echo libwbxml2-utils
  _have_any_file '/usr/lib/*/faketime/libfaketimeMT.so.1' || echo libfaketime
  # A page of the console in Chinese needs a font that Chromium finds.
  _have_any_file '/usr/share/fonts/*/*/*CJK*' || _have_any_file '/usr/share/fonts/*/wqy/*' || _have_any_file '/usr/share/fonts/*/*/*wqy*' || echo fonts-wqy-microhei
  # Decoders that are not ours read every message.
  _have djpeg || echo libjpeg-turbo-progs
  _have pngcheck || echo pngcheck
  _have giftext || echo giflib-tools
  # Rare characters in drawn type come from it where a machine has it.
  _have_any_file /usr/share/fonts/truetype/hanazono/HanaMinB.ttf || echo fonts-hanazono
}

# The libraries that lay out the text of a proof: nothing else needs them, so Huabao runs without.
_missing_layout_packages() {
  _have_any_file '/usr/lib/*/libpangoft2-1.0.so.0' || _have_any_file '/lib/*/libpangoft2-1.0.so.0' || echo libpango-1.0-0 libpangoft2-1.0-0
  _have_any_file '/usr/lib/*/libharfbuzz-subset.so.0' || _have_any_file '/lib/*/libharfbuzz-subset.so.0' || echo libharfbuzz-subset0
}

_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

_can_be_root() {
  [ "$(id -u)" = 0 ] || { _have sudo && sudo -n true 2>/dev/null; }
}

# apt-get without questions; its words are shown only where it fails.
_apt() {
  local log
  log=$(mktemp)
  if _as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  return 1
}

# Installs the packages named; services that come with them are not started.
_install_packages() {
  local wanted="$*" policy=/usr/sbin/policy-rc.d made_policy=""
  _have apt-get || _die "please install the equivalents of these Debian packages, then run this again: $wanted"
  _can_be_root || _die "missing: $wanted. Ask an administrator to run:  apt-get install -y --no-install-recommends $wanted"
  _say "installing Debian packages: $wanted"
  if [ ! -e "$policy" ]; then
    made_policy=$policy
    printf '#!/bin/sh\nexit 101\n' | _as_root tee "$policy" >/dev/null && _as_root chmod 755 "$policy"
  fi
  local done_well=yes
  # shellcheck disable=SC2086
  if ! { _apt_knows $wanted && _apt install -y --no-install-recommends $wanted; }; then
    _say "reading Debian's package lists"
    _apt update || true
    _apt install -y --no-install-recommends $wanted || done_well=no
  fi
  [ -z "$made_policy" ] || _as_root rm -f "$made_policy"
  [ "$done_well" = yes ] || _die "that did not work; run it by hand to see more:  apt-get update && apt-get install -y --no-install-recommends $wanted"
}

# Whether apt's lists hold a candidate for every package.
_apt_knows() {
  local package
  for package in "$@"; do
    apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
  done
}

# --- Python -----------------------------------------------------------------------------------------------------------

_is_good_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
_makes_venvs() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

_find_python() {
  local name
  for name in ${HUABAO_PYTHON:-} python3.11 python3 python3.12 python3.13; do
    if _have "$name" && _is_good_python "$name"; then echo "$name"; return; fi
  done
  return 1
}

_make_venv() {
  local python version
  if ! python=$(_find_python); then
    _install_packages python3 python3-venv
    python=$(_find_python) || _die "Python 3.11 or newer is needed; install it, or name one: HUABAO_PYTHON=/path/to/python3.11 $0"
  fi
  if ! _makes_venvs "$python"; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    _install_packages "python$version-venv"
  fi
  _say "making .venv with $("$python" --version)"
  rm -rf "$HUABAO_VENV"
  "$python" -m venv "$HUABAO_VENV" >&2
}

# Installs a lock into .venv unless its stamp says that it is there; what is said after it goes to pip.
_install_lock() {
  local lock="$HUABAO_ROOT/$1" stamp="$HUABAO_VENV/.installed-$1" count
  local wanted
  wanted=$(sha256sum <"$lock")
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  count=$(grep -c '^[a-zA-Z0-9]' "$lock")
  _say "installing $count Python packages from $1 into .venv"
  _install_shares "$lock" "${@:2}" || _die "pip could not install $1 (see above)"
  printf '%s\n' "$wanted" >"$stamp"
}

# Each processor installs its share of a lock: pip uses one, and nothing in a lock waits for anything else in it.
_install_shares() {
  local shares many pids=() pid share failed=0
  many=$(nproc 2>/dev/null || echo 1)
  shares=$(mktemp -d)
  awk -v many="$((many > 4 ? 4 : many))" -v folder="$shares" '/^[a-zA-Z0-9]/ { share = at++ % many } at { print > (folder "/" share) }' "$1"
  for share in "$shares"/*; do
    "$HUABAO_VENV/bin/python" -m pip install -qq --no-input --disable-pip-version-check --no-deps --require-hashes "${@:2}" -r "$share" >&2 &
    pids+=($!)
  done
  trap 'kill "${pids[@]}" 2>/dev/null; exit 130' INT TERM  # what a shell puts behind itself does not hear the keyboard
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  trap - INT TERM
  rm -rf "$shares"
  return "$failed"
}

huabao_setup() {
  local packages
  exec 9<"$HUABAO_ROOT/bin/_setup.sh"  # held while something may be installed
  if _have flock && ! flock -n 9; then
    _say "another set-up is running; waiting for it"
    flock 9
  fi
  if [ "$1" = tests ]; then
    packages=$({ _missing_packages; _missing_layout_packages; } | tr '\n' ' ')
    [ -z "$packages" ] || _install_packages $packages
  else
    packages=$(_missing_layout_packages | tr '\n' ' ')
    if [ -n "$packages" ] && _have apt-get && _can_be_root; then
      ( _install_packages $packages ) || _say "going on without them: only \`huabao edition proof\` needs them"
    elif [ -n "$packages" ]; then
      _say "\`huabao edition proof\` needs libraries that are missing; an administrator may run:  apt-get install -y --no-install-recommends $packages"
    fi
  fi
  [ -x "$HUABAO_VENV/bin/python" ] && _is_good_python "$HUABAO_VENV/bin/python" || _make_venv
  if [ "$1" = tests ]; then
    # Not compiled: that takes as long as to unpack, and the tests compile what they import, once.
    _install_lock requirements-dev.lock --no-compile
  elif [ ! -e "$HUABAO_VENV/.installed-requirements-dev.lock" ] || ! _same_runtime; then
    _install_lock requirements.lock
  fi
  exec 9>&-
  export PYTHONPATH="$HUABAO_ROOT${PYTHONPATH:+:$PYTHONPATH}"
}

# The tests' lock holds everything that the runtime's lock holds: one is enough where it is the present one.
_same_runtime() {
  [ "$(cat "$HUABAO_VENV/.installed-requirements-dev.lock")" = "$(sha256sum <"$HUABAO_ROOT/requirements-dev.lock")" ]
}
