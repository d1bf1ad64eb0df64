package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func typesOfMedication() dlp.Type {
	return dlp.Type{
		ID: "types-of-medication", Name: "Types of medication",
		Group:  dlp.Health,
		About:  "Classes of medicines near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:analgesic|antibiotic|anticoagulant|anticonvulsant|antidepressant|antiemetic|antifungal|antihistamine|antihypertensive|antipsychotic|antiretroviral|antiviral|anxiolytic|barbiturate|benzodiazepine|beta[ -]blocker|bronchodilator|calcium[ -]channel[ -]blocker|chemotherapy|contraceptive|corticosteroid|decongestant|diuretic|hypnotic|immunosuppressant|laxative|muscle[ -]relaxant|nsaid|opioid|proton[ -]pump[ -]inhibitor|sedative|ssri|statin|stimulant|thrombolytic|vasodilator|ace[ -]inhibitor|antacid|antipyretic|antispasmodic)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient takes an anticoagulant`,
		},
		Negatives: []string{
			`anticoagulant`,
		},
	}
}
