package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func x509CertificatePrivateKey() dlp.Type {
	return dlp.Type{
		ID: "x-509-certificate-private-key", Name: "X.509 Certificate Private Key",
		Group:  dlp.Credential,
		About:  "The first line of a private key file: PKCS #1, PKCS #8, SEC 1, OpenSSH or PuTTY.",
		Source: "RFC 7468; RFC 4716",
		Patterns: []dlp.Pattern{
			{Expr: `-----BEGIN(?: RSA| EC| DSA| OPENSSH| ENCRYPTED| ANY)? PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d: [a-z0-9-]{3,20}`, Alone: dlp.High},
		},
		Positives: []string{
			"-----BEGIN RSA PRI" + "VATE KEY-----\nMIIE", "-----BEGIN PR" + "IVATE KEY-----", "PuTTY-User-Key-" + "File-2: ssh-rsa",
		},
		Negatives: []string{
			"-----BEGIN CE" + "RTIFICATE-----", "-----BEGIN PU" + "BLIC KEY-----",
		},
	}
}
