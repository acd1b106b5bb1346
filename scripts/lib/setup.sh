# shellcheck shell=sh disable=SC2154
# Sourced by scripts/start and scripts/test: finds a Python, keeps .venv equal to a lock, and costs nothing when it
# already is. The caller sets $root (the project's folder), then calls `setup base` or `setup dev`.
#
# What holds, whenever a run was cut off: a stamp is written last, so .venv without one is installed again; while pip
# writes there is a marker, so a .venv with a left-over marker (power cut, kill) is removed and made anew.
# A .venv made by hand, say with --system-site-packages for a camera of the distribution, is kept as it is.

venv=$root/.venv
marker=$venv/installing
log=$venv/install.log

unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX # would let the machine's packages in, or ours out
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$@"
    exit 2
}

# Prints "ok", or why this Python will not do.
probe() {
    "$1" -I -c '
import sys
if not (3, 11) <= sys.version_info < (3, 14): print("version")
elif sys.maxsize < 2**32: print("32-bit")
else:
    try: import ensurepip, venv
    except ImportError: print("no venv")
    else: print("ok")' 2>/dev/null || echo "absent"
}

# Sets $python to the Python that makes .venv.
find_python() {
    why=absent
    for python in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        found=$(probe "$python")
        [ "$found" != ok ] || return 0
        case $found in "no venv" | 32-bit) why=$found ;; esac
        if [ "$python" = "${PYTHON-}" ]; then
            why=$found
            break # asked for by name: say what is wrong with it, take no other
        fi
    done
    case $why in
    "no venv") die "This Python cannot make virtual environments (ensurepip is missing): apt install python3-venv" ;;
    32-bit) die "This Python is a 32-bit one; the station needs a 64-bit system (on a Raspberry Pi: the 64-bit Raspberry Pi OS)." ;;
    esac
    [ -z "${PYTHON-}" ] || die "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13."
    die "No Python 3.11, 3.12 or 3.13 found. On Debian: apt install python3 python3-venv; elsewhere name one: PYTHON=/path/to/python3.12 $0"
}

# Says why .venv cannot be used, or nothing. `activate` is the last thing that venv writes, and names the folder.
defect() {
    if [ ! -d "$venv" ]; then
        echo "there is none"
    elif [ -e "$marker" ]; then
        echo "an earlier installation was cut off"
    elif ! grep -qsF "$venv" "$venv/bin/activate"; then
        echo "it is half made, or was made for another folder"
    elif ! version=$("$venv/bin/python" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null); then
        echo "its Python no longer runs"
    elif [ ! -d "$venv/lib/python$version" ]; then
        echo "its Python was replaced by Python $version"
    elif [ -n "${PYTHON-}" ] && [ "$("$PYTHON" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != "$version" ]; then
        echo "it has Python $version, PYTHON asks for another"
    fi
}

# What .venv would be made from; equal to the stamp = nothing to do.
fingerprint() {
    {
        cat "$1" "$root/pyproject.toml" "$venv/pyvenv.cfg"
        printf '%s\n' "$root"
    } | sha256sum | cut -d ' ' -f 1
}

current() { # current KIND LOCK
    [ "$(cat "$venv/$1.stamp" 2>/dev/null)" = "$(fingerprint "$2" 2>/dev/null)" ]
}

# Runs pip; all it says goes to the log, and on a terminal one line shows how far it is.
run_pip() { # run_pip TOTAL ARGUMENTS…
    total=$1
    shift
    {
        "$venv/bin/python" -m pip install "$@" 2>&1 && status=0 || status=$?
        echo "$status" >"$venv/pip.status"
    } | {
        count=0
        slow=
        while IFS= read -r line; do
            printf '%s\n' "$line" >>"$log"
            case $line in
            *"Retrying (Retry("*)
                [ -n "$slow" ] || say "  the package index does not answer, trying again…"
                slow=yes
                ;;
            "Collecting "*)
                count=$((count + 1))
                name=${line#Collecting }
                [ ! -t 2 ] || printf '\r\033[K  fetching %d of %d: %s' "$count" "$total" "${name%% *}" >&2
                ;;
            "Installing collected packages"*) [ ! -t 2 ] || printf '\r\033[K  unpacking' >&2 ;;
            esac
        done
        [ ! -t 2 ] || printf '\r\033[K' >&2
    }
    status=$(cat "$venv/pip.status" 2>/dev/null || echo 137)
    [ "$status" = 0 ] || pip_failed "$status"
}

# A pip that gives up by itself takes back what it had begun, so .venv stays as good as it was and the marker goes;
# it stays if pip was killed, or if some package is incomplete all the same.
pip_failed() { # pip_failed STATUS
    whole=yes
    [ "$1" -lt 128 ] || whole=
    for info in "$venv"/lib/python3.*/site-packages/*.dist-info; do
        [ -e "$info/RECORD" ] || whole=
    done
    [ -z "$whole" ] || rm -f "$marker"
    if grep -qE 'Retrying \(Retry\(|NewConnectionError|Connection(Error| refused| aborted)|ReadTimeout|Read timed out|Temporary failure in name resolution|ProxyError|SSLError' "$log"; then
        die "The packages could not be fetched: the network or the package index does not answer. Run this again when it does; what was fetched is kept. (Details: .venv/install.log)"
    elif grep -q 'DO NOT MATCH THE HASHES' "$log"; then
        die "A fetched package is not the one named in the lock, so nothing was installed. (Details: .venv/install.log)"
    elif grep -q 'No space left on device' "$log"; then
        die "The disk is full: installing needs about 1 GB."
    fi
    grep -E '^ *ERROR' "$log" | head -n 3 >&2 || true
    die "The packages could not be installed. (Details: .venv/install.log)"
}

setup() { # setup base|dev
    case $1 in
    base) lock=$root/requirements.lock ;;
    dev) lock=$root/requirements-dev.lock ;;
    esac
    [ -z "$(defect)" ] && current "$1" "$lock" && return 0

    # One at a time: a second terminal waits for the first, then finds everything done.
    exec 9<"$root/pyproject.toml"
    if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
        say "Another terminal is installing, waiting for it…"
        flock 9
    fi

    first=
    reason=$(defect)
    if [ -n "$reason" ]; then
        find_python
        if [ -d "$venv" ]; then
            say "Making .venv anew: $reason."
            rm -rf "$venv"
        fi
        say "Making .venv with $("$python" --version 2>&1)…"
        "$python" -m venv "$venv" >/dev/null || die "$python could not make a virtual environment in .venv: apt install python3-venv"
        first=yes
    fi
    if ! current "$1" "$lock"; then
        # Only packages for Linux count: the lock also names a few for other systems.
        total=$(grep -E '^[a-z0-9].*==' "$lock" | grep -cv "sys_platform == 'win32'")
        if [ -n "$first" ]; then
            say "Installing $total packages (first time only, about a minute; longer on a Raspberry Pi)…"
        else
            say "Bringing .venv up to the lock ($total packages; only what is missing is fetched)…"
        fi
        : >"$marker"
        : >"$log"
        run_pip "$total" --require-hashes --only-binary :all: -r "$lock"
        run_pip 1 --no-deps --no-build-isolation -e "$root"
        rm -f "$marker"
        fingerprint "$lock" >"$venv/stamp.new"
        mv "$venv/stamp.new" "$venv/$1.stamp"
        if [ "$1" = dev ]; then # the dev lock holds all of the base lock, in the same versions
            fingerprint "$root/requirements.lock" >"$venv/stamp.new"
            mv "$venv/stamp.new" "$venv/base.stamp"
        fi
    fi
    exec 9<&-
}
