// Package ocr finds the text in pictures with Tesseract, a program that the administrator installs. It is off unless it is
// asked for: it takes a second or more a page.
//
// The program gets nothing but pixels, gray and decoded before (package dlp/extract): none of its own readers of formats
// is reached by what comes from outside. Each picture is a process of its own with one thread, bounded in time and
// memory, without environment. L4, used by inspect and cli. Begin with ocr.go.
package ocr
