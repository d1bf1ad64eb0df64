package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func aspNetMachineKey() dlp.Type {
	return dlp.Type{
		ID: "asp-net-machine-key", Name: "ASP.NET Machine Key",
		Group: dlp.Credential,
		About: "A key of the machineKey element.",
		Patterns: []dlp.Pattern{
			{Expr: `(?:validationKey|decryptionKey)="[A-F0-9]{32,128}`, Check: random3, Alone: dlp.High},
		},
		Positives: []string{
			`<machineKey validationKey="D49EAA39A61D0D64C8301DC22F915F969307778682D72D727C0` + `A1B60A54D613DEDA79D39967CC3B6BAEFA90BC50544AF865A265EE7C5E079B30CDF82BC7F3D58"`,
		},
		Negatives: []string{
			"validationKey=" + `"AutoGenerate"`,
		},
	}
}
