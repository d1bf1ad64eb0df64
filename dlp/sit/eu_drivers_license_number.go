package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func euDriversLicenseNumber() dlp.Type {
	return dlp.Type{
		ID: "eu-drivers-license-number", Name: "EU Driver's License Number",
		Group: dlp.Driving, Countries: []string{"eu"},
		About:  "The shapes of driving licence numbers of the member states near words for a licence in any of their languages.",
		Source: "Commission Decision (EU) 2016/1945",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,3}[ -]?\d{5,8}[A-Z]?|\d{8,10}|\d{12}|\d{5}/\d{2}/\d{4}|\d{6}[A-Z]{2}\d{4}`, Check: notSame, Near: dlp.Low},
		},
		Keywords: []string{
			"driving licence", "driving license", "driver's licence", "driver's license", "driver licence", "driver license", "drivers licence",
			"drivers license", "licence number", "driving permit", "dl number", "dl no", "ajokortin numero", "ajokortti", "autovadītāja apliecība",
			"broj vozačke", "carnet de conducir", "carta de condução", "carteira de habilitação", "ceadúnas", "ceadúnas tiomána", "ehliyet", "fahrerlaubnis",
			"fuhrerschein", "förarbevis", "führerschein", "führerscheinnummer", "führerschäin", "irish driving licence", "jogosítvány", "juhiloa",
			"juhiloa number", "juhiluba", "juhtimisõigus", "körkort", "körkort nr", "körkortsnummer", "kørekort", "kørekortnr", "kørekortnummer",
			"lenkerberechtigung", "licencia de conducir", "licenza di guida", "licenzja tas-sewqan", "licença de condução", "liċenzja tas-sewqan",
			"maltese driving licence", "numer prawa jazdy", "numero patente", "numéro de permis", "numéros de licence", "număr permis",
			"número da carta de condução", "número de carnet", "patente", "patente di guida", "permis conduire", "permis de conducere", "permis de conduire",
			"permiso de conducción", "permiso de conducir", "permisului de conducere", "prawa jazdy", "prawo jazdy", "rijbewijs", "rijbewijs nummer",
			"rijbewijsnummer", "vadītāja apliecība", "vadītāja apliecības numurs", "vairuotojo pazymejimas", "vairuotojo pažymėjimas",
			"vairuotojo pažymėjimo", "vezetői engedély", "vezetői engedély száma", "vodičského preukazu", "vodičský preukaz", "vozačka dozvola",
			"vozačke dozvole", "vozniška številka", "vozniškega dovoljenja", "vozniško dovoljenje", "číslo vodičského preukazu", "číslo řidičského průkazu",
			"řidičského průkazu", "řidičský průkaz", "άδεια οδήγησης", "αριθμός άδειας", "αριθμός άδειας οδήγησης", "δίπλωμα οδήγησης", "книжка",
			"свидетелство за управление", "свидетелство за управление на мпс", "шофьорска книжка",
		},
		Proximity: 60,
		Positives: []string{
			"driving licence AB123456", "rijbewijs 1234567891",
		},
		Negatives: []string{
			"AB123456",
		},
	}
}
