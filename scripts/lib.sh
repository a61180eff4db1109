# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by quickstart and test: packages and builds. Everything said here goes to stderr; stdout is the program's.
set -euo pipefail

# Nothing is taken for granted: no terminal, no HOME, no PATH (dpkg wants the sbin folders in it), no locale.
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin"
export LC_ALL=C.UTF-8
unset CDPATH
me=$(basename -- "$0")
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { echo "$me: $*" >&2; }

is_debian_12() {
    local ID='' VERSION_ID=''
    [ ! -r /etc/os-release ] || . /etc/os-release
    [ "$ID" = debian ] && [ "$VERSION_ID" = 12 ] && command -v dpkg-query >/dev/null
}

# missing_packages LIST...: sets `missing` to those named in the lists that dpkg does not report as installed.
missing_packages() {
    local package
    missing=()
    for package in $(sed -E 's/#.*//' "$@"); do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
}

apt_get() {
    local as=()
    [ "$(id -u)" = 0 ] || as=(sudo -n)
    # A fresh machine may still be busy with its own updates: wait for the lock rather than fail.
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
        </dev/null >&2
}

# What an installation would fetch and fill, in apt's words; fails where apt does not know the packages (yet).
install_size() {
    apt-get -y --no-install-recommends --print-uris -o Debug::NoLocking=1 install "$@" </dev/null 2>/dev/null |
        grep -E '^(Need to get|After this operation)'
}

# ensure_packages LIST...: installs what the lists name and dpkg lacks. Nothing missing: no apt, no sudo, no network.
ensure_packages() {
    if ! is_debian_12; then
        say "this is not Debian 12: installing nothing, going on with the libraries that CMake finds"
        return
    fi
    local missing
    missing_packages "$@"
    [ ${#missing[@]} -gt 0 ] || return 0

    say "missing Debian packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
        install_size "${missing[@]}" >&2 || true
        local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        say "cannot become root without a password; please run this, then $me again:"
        if command -v sudo >/dev/null; then echo "    sudo sh -c '$command'"; else echo "    su -c '$command'"; fi >&2
        exit 2
    fi
    # A fresh system has no package lists at all, and old lists name files that are gone: look again, once.
    install_size "${missing[@]}" >&2 || { apt_get update && install_size "${missing[@]}" >&2; } || true
    apt_get --no-install-recommends install "${missing[@]}" ||
        { apt_get update && apt_get --no-install-recommends install "${missing[@]}"; } ||
        { say "apt-get could not install: ${missing[*]}"; exit 2; }
}

# Builds lie in build/PRESET of the clone, or in the user's cache where the clone may not be written.
builds=$root/build
if ! mkdir -p "$builds" 2>/dev/null || [ ! -w "$builds" ]; then
    builds=${XDG_CACHE_HOME:-${HOME:-~}/.cache}/migsim/$(cksum <<<"$root" | cut -d' ' -f1)
fi

# Compilers at work: one per core, and one per GiB, since the largest files take most of that.
job_count() {
    local cores gib
    cores=$(nproc)
    gib=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || true)
    if [ "${gib:-$cores}" -ge "$cores" ]; then echo "$cores"; else echo $((gib > 1 ? gib : 1)); fi
}

# configure PRESET
configure() {
    local preset=$1 folder=$builds/$1 options=()
    # A clone that was moved or copied brings a cache that names its old place.
    if [ -f "$folder/CMakeCache.txt" ] && ! grep -Fqx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
        options+=(--fresh)
    fi
    ! command -v ninja >/dev/null || export CMAKE_GENERATOR=Ninja
    # ccache fails every compilation where its folder cannot be made, for example without a home.
    mkdir -p "$(ccache --get-config cache_dir 2>/dev/null)/tmp" 2>/dev/null || export CCACHE_DISABLE=1
    mkdir -p "$folder"
    # What CMake found is of interest only when something was not found.
    cmake -S "$root" -B "$folder" --preset "$preset" "${options[@]}" >"$folder/configure.log" 2>&1 ||
        { cat "$folder/configure.log" >&2; return 1; }
}

# build PRESET [TARGET...]
build() {
    local preset=$1
    shift
    cmake --build "$builds/$preset" --parallel "$(job_count)" ${1:+--target "$@"} >&2
}
