package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func euDebitCardNumber() dlp.Type {
	return dlp.Type{
		ID: "eu-debit-card-number", Name: "EU Debit Card Number", GUID: "0e9b3178-9678-47dd-a509-37222ca96b42",
		Group: dlp.Financial, Countries: []string{"eu"},
		About:  "16 to 19 digits in the ranges of Maestro and Dankort, with Luhn check digit.",
		Source: "ISO/IEC 7812-1; issuers' ranges",
		Patterns: []dlp.Pattern{
			{Expr: `(?:5018|5020|5038|5019|5893|6304|6759|676[1-3]|4571)[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{4}(?:[ .-]?\d{1,3})?`, Check: luhn, Near: dlp.High},
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
			"有効期限", "신용카드", "카드번호", "유효기간", "بطاقة ائتمان", "رقم البطاقة", "כרטיס אשראי", "maestro", "dankort", "girocard", "ec-karte", "bankkaart",
			"carte de débit", "tarjeta de débito",
		},
		Positives: []string{
			"Maestro 6759 6498 2643 8453",
		},
		Negatives: []string{
			"6759 6498 2643 8453", "Maestro 6759 6498 2643 8454",
		},
	}
}
