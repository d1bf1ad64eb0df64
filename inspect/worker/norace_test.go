//go:build !race

package worker

// memory is what a reading process may use in these tests.
const memory = 256 << 20
