package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureSubscriptionManagementCertificate() dlp.Type {
	return dlp.Type{
		ID: "azure-subscription-management-certificate", Name: "Azure subscription management certificate",
		Group:  dlp.Credential,
		About:  "The certificate with its key in a publish settings file.",
		Source: "Azure documentation, publish settings",
		Patterns: []dlp.Pattern{
			{Expr: `ManagementCertificate`, Near: dlp.High},
		},
		Keywords: []string{"publishdata", "publishprofile", "publishsettings", "servicemanagementurl"},
		Positives: []string{
			`<PublishProfile SchemaVersion="2.0"><Subscription ServiceManagementUrl="https://management.core.windows.net" ManagementCertificate="MIIKDA"`,
		},
		Negatives: []string{
			`ManagementCertificate=""`,
		},
	}
}
