#!/bin/sh
# Boots systemd as PID 1 of namespaces of its own, on a copy-on-write view of this machine's root: nothing that happens there is
# left, and nothing of it reaches the network. $1: an empty folder. Started by unshare (booted.ts).
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
root=$1/root
mkdir "$1/upper" "$1/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run dev var/log; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
while read -r name major minor; do mknod -m 666 "$root/dev/$name" c "$major" "$minor"; done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
NODES
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
# Of the machine's own services none starts: only what is asked for.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires
for generator in "$root"/lib/systemd/system-generators/* "$root"/etc/systemd/system-generators/*; do rm -f "$generator"; done
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
# Images of containers forbid the start of services.
rm -f "$root/usr/sbin/policy-rc.d"
ip link set lo up
hostname sluice-test
cd "$root"
mkdir old
pivot_root . old
umount -l /old
# What systemd mounts for a unit, credentials among it, is to be seen by all of it.
mount --make-rshared /
exec env -i container=sluice-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set -sys_module,-sys_time,-sys_boot,-sys_rawio,-syslog \
  /lib/systemd/systemd --unit=basic.target --log-target=journal --show-status=no
