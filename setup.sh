# shellcheck shell=sh disable=SC2154
# Sourced by ./run and ./test, with the checkout in $here and a lock file's name in $lock: makes
# the environment that the lock pins, once, and leaves its interpreter in $python.
# PYTHON names the interpreter to make it with, VENV its folder in the checkout.

venv=$here/${VENV:-.venv}
python=$venv/bin/python
kept=$lock # the name under which the environment keeps what it was made from
[ "$lock" != requirements.lock ] || [ -z "${CHANGELOGGER_EXTRAS+chosen}" ] || kept=chosen.lock

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

pins() { # what is installed: all of the lock, or what the chosen extras need of it
    if [ "$lock" = requirements.lock ] && [ -n "${CHANGELOGGER_EXTRAS+chosen}" ]; then
        awk -v chosen=" $(printf %s "$CHANGELOGGER_EXTRAS" | tr ',' ' ') " '
            FNR == NR {
                needed = 0
                for (i = 2; i <= NF; i++) needed += index(chosen, " " $i " ") > 0
                if (!needed) left_out[$1]
                next
            }
            /^[a-z0-9]/ { split($1, pin, "=="); is_out = pin[1] in left_out }
            !is_out' "$here/requirements.extras" "$here/$lock"
    else
        cat "$here/$lock"
    fi
}

refuse_unknown_extras() {
    for extra in $(printf %s "${CHANGELOGGER_EXTRAS-}" | tr ',' ' '); do
        cut -d ' ' -f 2- "$here/requirements.extras" | tr ' ' '\n' | grep -qx -- "$extra" ||
            fail "CHANGELOGGER_EXTRAS names $extra, which is none of: $(
                cut -d ' ' -f 2- "$here/requirements.extras" | tr ' ' '\n' | sort -u | tr '\n' ' ')"
    done
}

is_ready() { # by a finished set-up of just these pins, and with an interpreter that still exists
    [ ! -e "$venv.unfinished" ] && [ -x "$python" ] && pins | cmp -s - "$venv/$kept"
}

find_python() { # the path of the interpreter itself, not of a link or shim that may move on
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        "$name" -c 'import os, sys; sys.version_info < (3, 11) and sys.exit(1)
print(os.path.realpath(sys.executable))' 2>/dev/null && return
    done
    fail "changelogger needs Python 3.11 or newer; ${PYTHON:-python3} here is: $(
        "${PYTHON:-python3}" --version 2>&1 || :)"
}

make_environment() { # --without-pip: a bare Debian has no ensurepip, and vendor/ has a pip
    base=$(find_python) || exit 1
    rm -rf "$venv"
    "$base" -m venv --without-pip "$venv" ||
        fail "This Python cannot make an environment. On Debian: sudo apt install python3-venv"
}

install() {
    for pip in "$here"/vendor/pip-*.whl; do :; done
    pins >"$venv.unfinished"
    "$python" "$pip/pip" install --quiet --disable-pip-version-check --no-input \
        --require-hashes --only-binary :all: --requirement "$venv.unfinished" >&2
}

set_up() {
    echo "Setting up $venv from $lock${CHANGELOGGER_EXTRAS+, with the extras you chose}; this happens once." >&2
    # What was killed half way may hold half a package that counts as installed.
    [ ! -e "$venv.unfinished" ] || rm -rf "$venv"
    : >"$venv.unfinished"
    "$python" -c '' 2>/dev/null || make_environment
    if ! install; then
        rm -f "$venv.unfinished" # a pip that ends by itself leaves whole packages
        fail "The set-up did not end. Run the same command again when the trouble above is over."
    fi
    for packages in "$venv"/lib/python3*/site-packages; do
        # Relative to the folder it lies in, so that the checkout may be moved.
        echo ../../../.. >"$packages/changelogger.pth"
    done
    # Once, for a daemon that may not write here; without its bytecode a start takes half as long again.
    "$python" -m compileall -q "$here/daemon" ||
        echo "The program could not be compiled; it starts more slowly." >&2
    rm -f "$venv"/requirements*.lock "$venv/chosen.lock"
    [ "$kept" = chosen.lock ] || cp "$here/requirements.lock" "$venv/" # the test lock holds it
    pins >"$venv/$kept"
    rm -f "$venv.unfinished"
}

if ! is_ready; then
    refuse_unknown_extras
    [ -w "$here" ] || fail "$here must be writable to set changelogger up in it the first time."
    exec 9>"$venv.lock" # one at a time; the lock goes with the last process that holds it
    ! command -v flock >/dev/null || flock 9
    is_ready || set_up
    exec 9>&-
fi
