//go:build !linux

package worker

import (
	"errors"
	"io"
	"os"
)

// Reading processes are confined by what only Linux has. Elsewhere none is started, and what would need one is not read.
var errNoProcess = errors.New("reading processes run on Linux only")

type link struct{ io.ReadWriteCloser }

func attach() (*link, limits, error)                { return nil, limits{}, errNoProcess }
func confine(limits) error                          { return errNoProcess }
func (l *link) order() (order, *os.File, error)     { return order{}, nil, errNoProcess }
func (l *link) send(order, *os.File) error          { return errNoProcess }
func pair() (*link, *os.File, error)                { return nil, nil, errNoProcess }
func readOnly(*os.File) (*os.File, error)           { return nil, errNoProcess }
func inMemory(io.ReaderAt, int64) (*os.File, error) { return nil, errNoProcess }
