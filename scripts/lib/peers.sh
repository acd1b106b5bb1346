# shellcheck shell=sh disable=SC2154
# Sourced after setup.sh by what tests drivers against real peers: Debian's packages, the controller's firmware and its
# emulator, Aravis.

firmware_packages="gcc-avr avr-libc binutils-avr libsimavr-dev libelf-dev pkg-config gcc libc6-dev make"
aravis_packages="aravis-tools libaravis-0.8-0"

need_packages() { # need_packages NAMES…: as root installs what is missing, else names it
    command -v dpkg-query >/dev/null || die "This needs Debian's packages: $*"
    missing=
    for package; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "Missing packages, as root: apt-get install$missing"
    say "Installing$missing…"
    # shellcheck disable=SC2086
    (apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing) \
        >/dev/null || die "The packages could not be installed: apt-get install$missing"
}

need_aravis() { # Debian's, or whichever is there
    PATH=$PATH:/sbin:/usr/sbin
    if ! command -v arv-fake-gv-camera-0.8 >/dev/null || ! ldconfig -p 2>/dev/null | grep -q 'libaravis-0\.8\.so\.0'; then
        # shellcheck disable=SC2086
        need_packages $aravis_packages
    fi
}

build_firmware() { # the ELF that ships, from its sources
    make -s -C "$root/hw/firmware" PYTHON="$venv/bin/python" >/dev/null || die "The firmware cannot be built."
}

build_emulator() {
    make -s -C "$root/tests/peers/avr" || die "The emulator cannot be built."
}
