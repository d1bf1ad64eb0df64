package sit

import (
	"bytes"

	"github.com/referee-casb/referee/dlp"
)

func azureStorageAccountKey() dlp.Type {
	return dlp.Type{
		ID: "azure-storage-account-key", Name: "Azure Storage Account Key", GUID: "c7bc98e8-551a-4c35-a92d-d2c8cda714a7",
		Group:  dlp.Credential,
		About:  "A storage connection string with its key of 64 bytes; the public key of the emulator is no secret.",
		Source: "Azure Storage, connection strings",
		Patterns: []dlp.Pattern{
			{Expr: `AccountKey ?= ?[A-Za-z0-9+/]{86}==`, Check: azureStorageAccountKeyCheck, Alone: dlp.High},
		},
		Positives: []string{
			"DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=56fejVs2MHlJd" + "y7My6SradtJg2F5GiCnNjTJ2AmVFwR14bBjZcFcSmHAjFeZktAJ2BalCqBptfJf2MZ4uDJkzF==",
		},
		Negatives: []string{
			"AccountKey=abc",
		},
	}
}

// azureStorageAccountKeyCheck passes over the key that is the same in every emulator.
func azureStorageAccountKeyCheck(m []byte) bool {
	return random4(m) && !bytes.Contains(m, []byte("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"))
}
