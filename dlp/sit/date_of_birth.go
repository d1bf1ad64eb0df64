package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func dateOfBirth() dlp.Type {
	return dlp.Type{
		ID: "date-of-birth", Name: "Date of Birth",
		Group:  dlp.Contact,
		About:  "A date of the last 120 years near words for a birth date.",
		Source: "ISO 8601; common national ways of writing dates",
		Patterns: []dlp.Pattern{
			{Expr: `(?:19|20)\d{2}[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./ ]{1,2}(?:0?[1-9]|[12]\d|3[01])[-./ ]{1,2}(?:19|20)\d{2}|(?:0?[1-9]|[12]\d|3[01])\.? ?(?:[A-Za-z]{3,9})\.?,? (?:19|20)\d{2}|(?:19|20)\d{2}年 ?\d{1,2}月 ?\d{1,2}日`, Near: dlp.Medium},
		},
		Keywords: []string{
			"date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b", "born", "born on", "geburtsdatum", "geboren am", "geb",
			"date de naissance", "né le", "née le", "fecha de nacimiento", "nacido", "data di nascita", "nato il", "nata il", "data de nascimento", "nascido",
			"geboortedatum", "geboren", "fødselsdato", "født", "födelsedatum", "född", "syntymäaika", "data urodzenia", "ur", "datum narození",
			"dátum narodenia", "születési idő", "data nașterii", "дата рождения", "дата народження", "дата на раждане", "ημερομηνία γέννησης", "doğum tarihi",
			"出生日期", "出生年月", "生年月日", "생년월일", "تاريخ الميلاد", "תאריך לידה", "วันเกิด", "tanggal lahir", "ngày sinh", "ngày tháng năm sinh",
		},
		Proximity: 40,
		Positives: []string{
			"Date of birth: 1984-03-12", "geboren am 12.03.1984", "出生日期1984年3月12日", "DOB 12 March 1984",
		},
		Negatives: []string{
			"1984-03-12", "invoice of 12.03.2024",
		},
	}
}
