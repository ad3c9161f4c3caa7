//go:build tools

// Package tools names the commands that this module builds, so that go.sum covers them.
package tools

import (
	_ "github.com/flannel-io/flannel"
)
