package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func labTestTerms() dlp.Type {
	return dlp.Type{
		ID: "lab-test-terms", Name: "Lab test terms",
		Group:  dlp.Health,
		About:  "Names of laboratory tests near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:urinalysis|urine[ -]culture|stool[ -]culture|stool[ -]sample|throat[ -]culture|sputum[ -]culture|biopsy|pap[ -]smear|lumbar[ -]puncture|cerebrospinal[ -]fluid|amniocentesis|genetic[ -]testing|karyotype|toxicology[ -]screen|drug[ -]screen|pregnancy[ -]test|semen[ -]analysis|allergy[ -]test|skin[ -]prick[ -]test|glucose[ -]tolerance[ -]test|fecal[ -]occult[ -]blood|gram[ -]stain|polymerase[ -]chain[ -]reaction|histopathology|cytology|immunohistochemistry|bone[ -]marrow[ -]aspiration|electrocardiogram|electroencephalogram|spirometry|mammogram|colonoscopy[ -]result|creatinine[ -]clearance|microalbumin|cortisol[ -]level|testosterone[ -]level)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`The patient had a lumbar puncture`,
		},
		Negatives: []string{
			`lumbar puncture`,
			`the patient had tea`,
		},
	}
}
