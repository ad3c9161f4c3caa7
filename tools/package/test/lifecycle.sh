#!/bin/sh
# Installs, installs again, removes and purges a package on a copy of this machine that lies in memory and is gone with this
# process. Called in a mount namespace of its own: lifecycle.sh <empty folder> <package>. A line `== name` begins a section.
set -eu

mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
for folder in run tmp; do mount -t tmpfs tmpfs "$1/root/$folder"; done
mount --rbind /dev "$1/root/dev"
cp "$2" "$1/root/tmp/package.deb"

exec chroot "$1/root" /bin/sh -eu <<'END'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# which other packages this machine has does not matter here, nor do pages in man's index
dpkg() { command dpkg --force-depends --force-unsafe-io --no-triggers "$@"; }
install_it() { dpkg -i /tmp/package.deb 2>&1; }
state='/etc/easycerts /etc/kubernetes /var/lib/easycerts /var/lib/kubernetes /var/log/easycerts'
left() { for path in $state; do if [ -e "$path" ]; then echo "$path"; fi; done; }
rm -rf $state

echo '== install'
install_it
echo '== verify'
dpkg --verify easycerts
echo '== folders'
find $state /run/easycerts -type d -exec stat -c '%a %U %G %n' {} +
echo '== users'
getent passwd easycerts-ca easycerts-nats kubernetes etcd | cut -d: -f1,6,7
echo '== units'
if [ -x /usr/bin/systemd-analyze ]; then
  systemd-analyze verify --man=no /usr/lib/systemd/system/easycerts-*.service 2>&1
fi
echo '== run'
ca --version
mkdir -m 0700 /var/lib/easycerts/ca
echo key >/var/lib/easycerts/ca/ca.key
echo '# changed by a person' >>/etc/easycerts/overlay.yaml
echo '== upgrade'
install_it
grep -c 'changed by a person' /etc/easycerts/overlay.yaml
echo '== remove'
dpkg -r easycerts 2>&1
cat /var/lib/easycerts/ca/ca.key
left
echo '== purge'
dpkg -P easycerts 2>&1
echo '== purged'
cat /var/lib/easycerts/ca/ca.key
left
echo '== purge with keys'
install_it >/dev/null
touch /etc/easycerts/purge-keys
dpkg -P easycerts 2>&1
echo '== purged with keys'
left
if [ -e /usr/share/debconf/confmodule ]; then
  echo '== purge by debconf'
  install_it >/dev/null
  touch /var/lib/easycerts/something
  echo easycerts easycerts/purge-keys boolean true | debconf-set-selections
  dpkg -P easycerts >/dev/null 2>&1
  left
  mv /usr/share/debconf/confmodule /usr/share/debconf/away
fi
echo '== purge without debconf'
install_it >/dev/null
touch /var/lib/easycerts/something
dpkg -P easycerts >/dev/null 2>&1
left
echo '== end'
END
