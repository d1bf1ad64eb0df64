package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func azureIotConnectionString() dlp.Type {
	return dlp.Type{
		ID: "azure-iot-connection-string", Name: "Azure IoT Connection String", GUID: "0b34bec3-d5d6-4974-b7b0-dcdb5c90c29d",
		Group: dlp.Credential,
		About: "An IoT Hub connection string with its key.",
		Patterns: []dlp.Pattern{
			{Expr: `HostName=[A-Za-z0-9-]{3,50}\.azure-devices\.net;(?:SharedAccessKeyName|DeviceId)=[A-Za-z0-9_.-]{1,128};SharedAccessKey=[A-Za-z0-9+/]{43}=`, Check: random4, Alone: dlp.High},
		},
		Positives: []string{
			"HostName=contoso.azure-devices.net;DeviceId=d1;Shared" + "AccessKey=hVSq5RCrWEleejfYHhQedL3T7UEYZrDZeiHZWRP1a8E=",
		},
		Negatives: []string{
			"HostName=contoso." + "azure-devices.net",
		},
	}
}
