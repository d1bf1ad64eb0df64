package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func japanMyNumberPersonal() dlp.Type {
	return dlp.Type{
		ID: "japan-my-number-personal", Name: "Japan My Number - Personal", GUID: "98da8e66-7299-4ebd-9f82-c871ab37d3ef",
		Group: dlp.Identity, Countries: []string{"jp"},
		About:  "Twelve digits with check digit modulo 11.",
		Source: "総務省令第85号 (2014)",
		Patterns: []dlp.Pattern{
			{Expr: `\d{4}[ -]?\d{4}[ -]?\d{4}`, Check: japanMyNumberPersonalCheck, Near: dlp.High},
		},
		Keywords: []string{
			"マイナンバー", "個人番号", "マイナンバーカード", "個人番号カード", "共通番号", "個人識別番号", "個人識別ナンバー", "通知カード", "my number", "individual number",
		},
		Positives: []string{
			"マイナンバー 1234 5678 9018",
		},
		Negatives: []string{
			"1234 5678 9018", "マイナンバー 1234 5678 9019",
		},
	}
}

func japanMyNumberPersonalCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return len(d) == 12 && !checksum.Same(d) && japanMyNumber(d)
}

func japanMyNumber(d []byte) bool {
	r := checksum.Sum(d, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	return r <= 1 && d[11] == 0 || r > 1 && 11-r == int(d[11])
}
