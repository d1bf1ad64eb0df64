package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureServiceBusConnectionString() dlp.Type {
	return dlp.Type{
		ID: "azure-service-bus-connection-string", Name: "Azure Service Bus Connection String", GUID: "b9a6578f-a83f-4fcd-bf44-2130bae49a6f",
		Group: dlp.Credential,
		About: "A Service Bus or Event Hubs connection string with its key.",
		Patterns: []dlp.Pattern{
			{Expr: `Endpoint=sb://[A-Za-z0-9.-]{3,80}/?;SharedAccessKeyName=[A-Za-z0-9_-]{1,64};SharedAccessKey=[A-Za-z0-9+/]{43}=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=RootManage" + "SharedAccessKey;SharedAccessKey=XQ99xD49sqRdDVFW13Kew1jx7V2jIUxfxbYxXoGrvA0=",
		},
		Negatives: []string{
			"Endpoint=sb://contoso." + "servicebus.windows.net/",
		},
	}
}
