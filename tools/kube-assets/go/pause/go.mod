module easycerts.dev/tools/kube-assets/pause

go 1.26.0
