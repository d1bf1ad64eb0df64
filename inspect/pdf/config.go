package pdf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/referee-casb/referee/fault"
)

// Config bounds what reading costs. Zero values mean the defaults.
type Config struct {
	// Cache is a folder for compiled code, made when it is missing, for the caller's user alone. Without one, each process
	// compiles for itself, which takes seconds.
	Cache string
	// Memory bounds an instance, in bytes; 0 means 256 MiB. There is an instance for each document that is read at a time.
	Memory int64
	// Time bounds a document; 0 means one minute.
	Time time.Duration
	// Instances bounds how many documents are read at a time; 0 means as many as there are processors.
	Instances int
	// Pages bounds a document; 0 means 50,000.
	Pages int
}

func (c Config) withDefaults() Config {
	if c.Memory <= 0 {
		c.Memory = 256 << 20
	}
	if c.Time <= 0 {
		c.Time = time.Minute
	}
	if c.Instances <= 0 {
		c.Instances = runtime.GOMAXPROCS(0)
	}
	if c.Pages <= 0 {
		c.Pages = 50_000
	}
	return c
}

// Folder is where compiled code is kept: in the user's cache, where all of Referee's processes find it, or in fallback
// when the user has none that is theirs alone.
func Folder(fallback string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return fallback
	}
	dir = filepath.Join(dir, "referee", "pdf")
	if usable(dir) != nil {
		return fallback
	}
	return dir
}

// usable makes a folder and reports why others could change what is in it.
func usable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("others may write to it (mode %o), and what is in it is run", info.Mode().Perm())
	}
	return nil
}

// maxCache bounds the folder of compiled code, in bytes. PDFium takes 22 MB for each version of it and of wazero.
const maxCache = 128 << 20

// compiled opens the cache of compiled code.
func compiled(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	invalid := func(err error) error {
		return &fault.Error{Kind: fault.Invalid, Op: "open the folder of compiled code", Key: dir, Help: "name a folder that only Referee's user may write to", Err: err}
	}
	if err := usable(dir); err != nil {
		return nil, invalid(err)
	}
	if err := prune(dir); err != nil {
		return nil, invalid(err)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, invalid(err)
	}
	return cache, nil
}

// prune empties a folder that has grown over its bound, by the code of versions that are not in use any more. What a
// process has opened stays open.
func prune(dir string) error {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return ignoreGone(err)
	})
	if err != nil || size <= maxCache {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), "wazero-") {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// runtimeOf is how code runs: it ends when its context does, even in a loop, and its memory is bounded.
func runtimeOf(c Config, cache wazero.CompilationCache) wazero.RuntimeConfig {
	const page = 64 << 10
	return wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithCompilationCache(cache).
		WithMemoryLimitPages(uint32(min(max(c.Memory/page, 256), 1<<16))). //nolint:gosec // bounded
		WithCloseOnContextDone(true)
}

// closeCache ends a cache's use; its folder stays.
func closeCache(cache wazero.CompilationCache) error { return cache.Close(context.Background()) }
