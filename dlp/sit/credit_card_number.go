package sit

import (
	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/checksum"
)

func creditCardNumber() dlp.Type {
	return dlp.Type{
		ID: "credit-card-number", Name: "Credit Card Number", GUID: "50842eb7-edc8-4019-85dd-5a5c1f2bb085",
		Group:  dlp.Financial,
		About:  "12 to 19 digits of Visa, Mastercard, Maestro, American Express, Discover, JCB, Diners Club and UnionPay, in their usual groups or none; issuer range and Luhn check digit.",
		Source: "ISO/IEC 7812-1; issuers' ranges",
		Patterns: []dlp.Pattern{
			{Expr: `(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|64[4-9]\d|65\d{2}|35[2-8]\d|62\d{2})(?:[ .-]?\d{4}){3}`, Check: creditCardNumberCheck, Alone: dlp.Low, Near: dlp.High},
			{Expr: `3[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}|3(?:0[0-5]|[68]\d)\d[ .-]?\d{6}[ .-]?\d{4}`, Check: luhn, Alone: dlp.Low, Near: dlp.High},
			{Expr: `4\d{15,18}|(?:62|65)\d{14,17}`, Check: luhn, Alone: dlp.Low, Near: dlp.High},
			{Expr: `4\d{12}|(?:5018|5020|5038|5[68]\d\d|6304|6390|67\d\d)\d{8,15}|(?:1800|2131)\d{11}`, Check: luhn, Near: dlp.High},
		},
		Keywords: []string{
			"card", "credit card", "debit card", "credit", "cardholder", "card holder", "card number", "cardnumber", "ccnumber", "cc number", "cc", "cvv",
			"cvc", "cvv2", "cvc2", "cid", "expiry", "expiration", "exp date", "expires", "valid thru", "valid until", "visa", "mastercard", "amex",
			"american express", "discover", "diners", "jcb", "unionpay", "payment card", "pan", "security code", "kreditkarte", "kartennummer",
			"karteninhaber", "gültig bis", "ablaufdatum", "prüfnummer", "carte bancaire", "carte de crédit", "numéro de carte", "titulaire",
			"date d'expiration", "cryptogramme", "tarjeta", "tarjeta de crédito", "número de tarjeta", "titular", "caducidad", "vencimiento",
			"carta di credito", "numero carta", "titolare", "scadenza", "cartão", "cartão de crédito", "número do cartão", "validade", "creditcard",
			"kaartnummer", "vervaldatum", "kreditkort", "kortnummer", "udløbsdato", "luottokortti", "kortin numero", "karta kredytowa", "numer karty",
			"data ważności", "platební karta", "číslo karty", "kreditna kartica", "bankkártya", "kártyaszám", "card de credit", "кредитная карта",
			"номер карты", "срок действия", "πιστωτική κάρτα", "αριθμός κάρτας", "kredi kartı", "kart numarası", "信用卡", "卡号", "有效期", "クレジットカード", "カード番号",
			"有効期限", "신용카드", "카드번호", "유효기간", "بطاقة ائتمان", "رقم البطاقة", "כרטיס אשראי",
		},
		Positives: []string{
			`Maestro card 6759649826438453`,
			"Visa 4111 1111 1111 1111", "4012-8888-8888-1881", "Amex 378282246310005", "MasterCard: 5555555555554444", "2223003122003222",
			"6011 1111 1111 1117", "JCB 3530111333300000", "30569309025904", "信用卡4111111111111111", "card 4222222222222",
		},
		Negatives: []string{
			"4111 1111 1111 1112", "0000 0000 0000 0000", "order 1234 5678 9012 3456", "x4111111111111111", "4222222222222",
		},
	}
}

func creditCardNumberCheck(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	if d[0] == 2 { // Mastercard's second range is 2221 to 2720
		if p := checksum.Number(d[:4]); p < 2221 || p > 2720 {
			return false
		}
	}
	if d[0] == 3 { // JCB's is 3528 to 3589
		if p := checksum.Number(d[:4]); p < 3528 {
			return false
		}
	}
	return checksum.Luhn(d)
}
