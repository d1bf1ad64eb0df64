package label

import "io"

func toPDF(_ io.Writer, _ *io.SectionReader, _ *Change) error { return ErrUnsupported }
