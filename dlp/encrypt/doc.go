// Package encrypt protects copies of files with a password, in the ways that the programs they are of know: Open XML
// documents by agile encryption ([MS-OFFCRYPTO] 2.3.4.10, AES-256, SHA-512, 100,000 rounds), PDF by revision 6 of its
// standard security handler (ISO 32000-2 7.6.4, AES-256).
//
// It makes passwords, and keeps none. How a password reaches whoever may open the file is the caller's to settle; it never
// goes with the file, and is never logged. L1, pure: randomness is handed in. Begin with [Write].
package encrypt
