package factor

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"github.com/referee-casb/referee/fault"
)

// quiet is the light border that scanners need, in modules (ISO/IEC 18004 section 9.1).
const quiet = 4

// QR draws a text as a QR code in SVG: dark modules in one path on a light ground, sized by its container. It holds
// nothing but numbers, so it may stand in a page as it is.
func QR(text string) (string, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fault.As(err, fault.Invalid, "factor.QR", "")
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			if !c.Black(x, y) {
				continue
			}
			n := 1
			for x+n < c.Size && c.Black(x+n, y) {
				n++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
			x += n
		}
	}
	size := c.Size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="220" height="220" role="img" aria-label="QR code" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`, size, size, size, size, path.String()), nil
}
