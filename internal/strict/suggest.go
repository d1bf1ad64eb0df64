package strict

import (
	"fmt"
	"strings"
)

// Suggest returns advice naming the candidate that a typist most likely meant, or "".
func Suggest(got string, candidates []string) string {
	if len(got) > 64 {
		return ""
	}
	best, cost := "", len(got)/3+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(got), strings.ToLower(c)); d < cost {
			best, cost = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is the number of single-character edits between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			edit := diagonal
			if a[i-1] != b[j-1] {
				edit++
			}
			diagonal = row[j]
			row[j] = min(edit, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
