package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func lifestylesRelateToMedicalConditions() dlp.Type {
	return dlp.Type{
		ID: "lifestyles-relate-to-medical-conditions", Name: "Lifestyles that relate to medical conditions",
		Group:  dlp.Health,
		About:  "Names of habits near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:tobacco[ -]use|alcohol[ -]abuse|alcohol[ -]dependence|substance[ -]abuse|substance[ -]use[ -]disorder|drug[ -]dependence|opioid[ -]use[ -]disorder|binge[ -]drinking|heavy[ -]smoker|chain[ -]smoker|smoking[ -]cessation|sedentary[ -]lifestyle|morbid[ -]obesity|eating[ -]disorder|unprotected[ -]sex|intravenous[ -]drug[ -]use|nicotine[ -]dependence|cannabis[ -]use|sleep[ -]deprivation)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient reports alcohol dependence`,
		},
		Negatives: []string{
			`alcohol dependence`,
		},
	}
}
