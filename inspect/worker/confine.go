package worker

// limits are what a reading process may use.
type limits struct {
	Memory int64 `json:"memory"` // bytes of private memory
	CPU    int64 `json:"cpu"`    // seconds over all files
}

// limitsSize is how many bytes the limits take on the socket, filled up with spaces.
const limitsSize = 128
