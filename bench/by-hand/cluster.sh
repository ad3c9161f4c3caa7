#!/bin/bash
# The same cluster as a person would script it, to compare with: the same binaries, flags and addresses, certificates and
# configuration made beforehand, nothing of easycerts running. Prints a line when the node is Ready and stays until killed.
#
#   cluster.sh WORK     WORK/input/{etc,secrets,commands,images,bin,cni,address} as bench/src/by-hand.ts lays it out
#
# Needs root. Everything happens in namespaces and control groups of its own, which end with it.
set -euo pipefail
work=$(readlink -f "$1")
group=easycerts-bench-$$

hierarchies() { for c in /sys/fs/cgroup/*/; do [ -e "$c/cgroup.procs" ] && basename "$c"; done; }
is_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }

join_groups() {
  if is_v2; then
    mkdir -p "/sys/fs/cgroup/$group"
    for c in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$c" > /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true; done
    echo $BASHPID > "/sys/fs/cgroup/$group/cgroup.procs"
    return
  fi
  for c in $(hierarchies); do
    d=/sys/fs/cgroup/$c/$group
    mkdir -p "$d"
    if [ "$c" = cpuset ]; then
      cat /sys/fs/cgroup/cpuset/cpuset.cpus > "$d/cpuset.cpus"
      cat /sys/fs/cgroup/cpuset/cpuset.mems > "$d/cpuset.mems"
    fi
    echo $BASHPID > "$d/cgroup.procs"
  done
}

leave() {
  if is_v2; then find "/sys/fs/cgroup/$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true; return; fi
  for c in $(hierarchies); do find "/sys/fs/cgroup/$c/$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true; done
}

is_left() { compgen -G "/sys/fs/cgroup/$group" > /dev/null || compgen -G "/sys/fs/cgroup/*/$group" > /dev/null; }

if [ "${2:-}" != inside ]; then
  ( join_groups; exec unshare --fork --kill-child --pid --mount --uts --ipc --net --cgroup bash "$0" "$work" inside ) &
  child=$!
  trap 'kill -9 $child 2>/dev/null || true; wait $child 2>/dev/null || true; for i in $(seq 25); do leave; is_left || break; sleep 0.2; done' EXIT
  trap 'exit 0' TERM INT
  wait $child
  exit
fi

# ── inside ──
input=$work/input
r=$work/root
mount --make-rprivate /
mkdir -p "$r" "$work/upper" "$work/overlay-work" "$work/containerd"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/overlay-work" "$r"
mount -t proc proc "$r/proc"
mount -t sysfs sysfs "$r/sys"
mount --rbind /dev "$r/dev"
mount -t tmpfs tmpfs "$r/run"
mount -t tmpfs tmpfs "$r/sys/fs/cgroup"
if is_v2; then
  umount "$r/sys/fs/cgroup"
  mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup"
  mkdir -p "$r/sys/fs/cgroup/leaf"
  for p in $(cat "$r/sys/fs/cgroup/cgroup.procs"); do echo "$p" > "$r/sys/fs/cgroup/leaf/cgroup.procs" || true; done
else
  for c in $(hierarchies); do
    mkdir "$r/sys/fs/cgroup/$c"
    case $c in
      unified) mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup/$c" ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup "$r/sys/fs/cgroup/$c" ;;
      *) mount -t cgroup -o "$c" cgroup "$r/sys/fs/cgroup/$c" ;;
    esac
  done
fi
# the kubelet sets machine-wide values: it gets copies of its own
mount --bind "$r/proc/sys" "$r/proc/sys"
mount --bind "$r/proc/sys/net" "$r/proc/sys/net"
mount -o remount,bind,ro "$r/proc/sys"
mkdir "$r/run/sysctl"
for v in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  f=$r/run/sysctl/$(echo "${v%=*}" | tr / .)
  echo "${v#*=}" > "$f"
  mount --bind "$f" "$r/proc/sys/${v%=*}"
done
for d in opt/easycerts/bin opt/cni/bin var/lib/containerd var/lib/kubernetes var/lib/kubelet var/lib/etcd var/lib/cni var/log/pods etc/cni/net.d; do mkdir -p "$r/$d"; done
mount --bind "$(readlink -f "$input/bin")" "$r/opt/easycerts/bin"
mount --bind "$(readlink -f "$input/cni")" "$r/opt/cni/bin"
mount --bind "$work/containerd" "$r/var/lib/containerd"
cp -a "$input/etc/." "$r/etc/"
cp -a "$input/secrets" "$r/var/lib/kubernetes/secrets"
mkdir -p "$r/run/input"
mount --bind "$input" "$r/run/input"
cd "$r"
mkdir -p .old
pivot_root . .old
umount -l /.old
mount --make-rshared /
hostname "$(cat /run/input/hostname)"
read -r address < /run/input/address
ip link set lo up
ip link add eth0 type veth peer name eth0-peer
ip addr add "$address/30" dev eth0
ip link set eth0 up
ip link set eth0-peer up
ip route add default dev eth0
echo 1 > /proc/sys/net/ipv4/ip_forward
export PATH=/opt/easycerts/bin:$PATH

run() { bash "/run/input/commands/$1.sh" > "/run/$1.log" 2>&1 & }
secrets=/var/lib/kubernetes/secrets
answers() { # URL, name of the client certificate
  until curl -sf -o /dev/null --cacert "$secrets/$2/ca.crt" --cert "$secrets/$2/tls.crt" --key "$secrets/$2/tls.key" "$1"; do sleep 0.1; done
}
admin() { kubectl --kubeconfig /etc/kubernetes/super-admin.kubeconfig "$@"; }

run etcd
run containerd
answers https://127.0.0.1:2379/health etcd-health-client
run kube-apiserver
( until ctr version > /dev/null 2>&1; do sleep 0.1; done
  for image in /run/input/images/*.tar; do ctr -n k8s.io images import "$image" > /dev/null; done ) &
images=$!
answers https://127.0.0.1:6443/readyz apiserver-health-client
run kube-controller-manager
run kube-scheduler
admin apply -f /etc/kubernetes/bootstrap-addons > /dev/null
wait $images
run kubelet
run kube-proxy
( until [ -n "$(admin get node "$(hostname)" -o 'jsonpath={.spec.podCIDR}' 2> /dev/null)" ]; do sleep 0.2; done
  run flanneld
  until [ -s /run/flannel/subnet.env ]; do sleep 0.1; done
  . /run/flannel/subnet.env
  cat > /etc/cni/net.d/.new <<CNI
{"cniVersion":"0.4.0","name":"by-hand","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"hairpinMode":true,"ipMasq":false,"mtu":$FLANNEL_MTU,"ipam":{"type":"host-local","ranges":[[{"subnet":"${FLANNEL_SUBNET%.1/*}.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},{"type":"portmap","capabilities":{"portMappings":true}}]}
CNI
  mv /etc/cni/net.d/.new /etc/cni/net.d/10-by-hand.conflist
  wait ) &
admin apply -f /etc/kubernetes/addons > /dev/null
until admin get node "$(hostname)" --no-headers 2> /dev/null | grep -q ' Ready '; do sleep 0.1; done
echo "node Ready"
wait
