#!/bin/sh
# A machine of its own around a real systemd: name spaces, and the host's root under an overlay in memory, so that
# nothing of the host changes. systemd_machine.sh CHECKOUT; it runs until it is killed (by tests/rig/test_systemd.py).
set -eu
checkout=$1
mount --make-rprivate /
base=/mnt
mount -t tmpfs -o mode=755 tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
root=$base/root

mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"

# Our own cgroup name space: its root is the group that we were put into.
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
    mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
    mkdir "$root/sys/fs/cgroup/systemd"
    mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi

mkdir -p "$root/opt/station" "$root/etc/station" "$root/etc/sysusers.d" "$root/run/systemd/system"
mount --bind "$checkout" "$root/opt/station"
cp "$checkout/hw/systemd/station.service" "$root/run/systemd/system/"
cp "$checkout/hw/systemd/sysusers.conf" "$root/etc/sysusers.d/station.conf"
cp "$checkout/hw/twin.toml" "$root/etc/station/rig.toml"
printf '[Unit]\nDefaultDependencies=no\n' >"$root/run/systemd/system/bare.target"
chroot "$root" systemd-sysusers /etc/sysusers.d/station.conf
exec chroot "$root" env -i container=station-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=bare.target --log-target=console --show-status=0 </dev/null
