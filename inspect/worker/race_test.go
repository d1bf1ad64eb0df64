//go:build race

package worker

// memory is no limit here: the race detector maps more than any reading process may have.
const memory = -1
