package sit

import (
	"slices"
	"strings"

	"github.com/referee-casb/referee/dlp"
)

// Bundles returns the built-in bundles, by id: what a regulation is mostly asked about. They are a beginning for
// policies, not legal advice.
func Bundles() []dlp.Bundle {
	var secrets, gdpr, addresses []string
	for _, t := range All() {
		european := slices.ContainsFunc(t.Countries, func(c string) bool { return slices.Contains(eea, c) })
		switch {
		case strings.HasSuffix(t.ID, "-physical-addresses"):
			if addresses = append(addresses, t.ID); european {
				gdpr = append(gdpr, t.ID)
			}
		case t.Group == dlp.Credential:
			secrets = append(secrets, t.ID)
		case european && t.Group != dlp.Financial:
			gdpr = append(gdpr, t.ID)
		}
	}
	gdpr = append(gdpr, "credit-card-number", "date-of-birth", "e-mail-address", "international-banking-account-number", "ip-address-v4", "ip-address-v6", "phone-number")
	slices.Sort(gdpr)
	medical := []string{
		"blood-test-terms", "brand-medication-names", "diseases", "generic-medication-names", "impairments-us-disability-evaluation-under-social-security",
		"international-classification-of-diseases-icd-10-cm", "international-classification-of-diseases-icd-9-cm", "lab-test-terms",
		"lifestyles-relate-to-medical-conditions", "medical-specialities", "surgical-procedures", "types-of-medication",
	}
	return []dlp.Bundle{
		{ID: "all-medical-terms-conditions", Name: "All medical terms and conditions", Types: medical},
		{ID: "all-physical-addresses", Name: "All physical addresses", Types: addresses},
		{ID: "credentials", Name: "All credential types", Types: secrets},
		{ID: "eu-national-identification-number", Name: "EU national identification number", Types: europe(dlp.Identity)},
		{ID: "eu-social-security-number-equivalent-identification", Name: "EU social security number or equivalent identification", Types: europe(dlp.Social)},
		{ID: "eu-tax-identification-number", Name: "EU tax identification number", Types: europe(dlp.Tax)},
		{ID: "gdpr", Name: "Personal data in Europe (GDPR)", Types: gdpr},
		{ID: "hipaa", Name: "U.S. health data (HIPAA)", Types: []string{
			"date-of-birth", "drug-enforcement-agency-number", "international-classification-of-diseases-icd-10-cm", "international-classification-of-diseases-icd-9-cm", "medicare-beneficiary-identifier-card", "phone-number", "us-drivers-license-number",
			"us-individual-taxpayer-identification-number", "us-national-provider-identifier", "us-social-security-number",
		}},
		{ID: "pci", Name: "Payment cards (PCI DSS)", Types: []string{"credit-card-number", "eu-debit-card-number"}},
		{ID: "us-pii", Name: "U.S. personal data", Types: []string{
			"aba-routing", "date-of-birth", "us-bank-account-number", "us-drivers-license-number", "us-individual-taxpayer-identification-number",
			"us-social-security-number", "us-uk-passport-number",
		}},
	}
}

// europe are the types of a group that members of the European Union have.
func europe(group dlp.Group) []string {
	var out []string
	for _, t := range All() {
		if t.Group == group && slices.ContainsFunc(t.Countries, func(c string) bool {
			return slices.Contains(eea, c) && !slices.Contains([]string{"ch", "gb", "is", "no"}, c)
		}) {
			out = append(out, t.ID)
		}
	}
	slices.Sort(out)
	return out
}

// eea are the members of the European Economic Area, the United Kingdom and Switzerland.
var eea = []string{
	"at", "be", "bg", "ch", "cy", "cz", "de", "dk", "ee", "es", "eu", "fi", "fr", "gb", "gr", "hr", "hu", "ie", "is", "it", "lt", "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk",
}
