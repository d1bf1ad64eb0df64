package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func euPassportNumber() dlp.Type {
	return dlp.Type{
		ID: "eu-passport-number", Name: "EU Passport Number",
		Group: dlp.Passport, Countries: []string{"eu"},
		About:  "The shapes of passport numbers of the member states near words for a passport in any of their languages.",
		Source: "Council of the EU, PRADO",
		Patterns: []dlp.Pattern{
			{Expr: `[A-Z]{1,3} ?\d{6,8}|\d{2}[A-Z]{2}\d{5}|\d{8,9}`, Check: notSame, Near: dlp.Low},
		},
		Keywords: []string{
			"passport", "passport number", "passport no", "passport #", "passportno", "passportnumber", "travel document", "ausweisnummer",
			"belgisch paspoort", "broj putovnice", "cestovného pasu", "cestovní pas", "cestovního pasu", "cestovný pas", "ceļošanas dokuments", "eesti pass",
			"hrvatska putovnica", "irish passport", "italiana passaporto", "kelionės dokumentas", "libreta pasaporte", "magyar útlevél", "maltese passport",
			"nederlands paspoort", "no de passeport", "numero di passaporto", "numero passaporto", "numru tal-passaport", "numéro de passeport",
			"numărul pașaportului", "n° passeport", "número de pasaporte", "número do passaporte", "número pasaporte", "número passaporte", "pas č",
			"pasaport", "pasaporte", "pasaporte español", "pasas", "pases nr", "pases numurs", "pasnr", "pasnummer", "paso nr", "paso numeris", "paspoort",
			"paspoort nummer", "paspoortnummer", "pass nr", "pass-nr", "passaport", "passaporte", "passaporte português", "passaporto", "passaporto italiano",
			"passeport", "passeport français", "passi", "passi number", "passin numero", "passinumero", "passnr", "passnummer", "pașaport", "pașaportul",
			"potnega lista", "potni list", "putovnica", "putovnice", "reisepass", "reisepassnummer", "reisidokument", "rejsepas", "resehandling",
			"seria pașaportului", "suomalainen passi", "svenskt pass", "uimhir phas", "österreichischer reisepass", "útlevél", "útlevél száma", "útlevélszám",
			"číslo pasu", "številka potnega lista", "številka potni list", "αριθμός διαβατηρίου", "διαβατήριο", "διαβατηρίου", "ελληνικό διαβατήριο",
			"κυπριακό διαβατήριο", "задграничен паспорт", "номер на паспорт", "паспорт", "паспортен",
		},
		Proximity: 60,
		Positives: []string{
			"passport number FP1234567", "paspoort EP123456",
		},
		Negatives: []string{
			"FP1234567",
		},
	}
}
