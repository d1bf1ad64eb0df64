package sit

import (
	"github.com/referee-casb/referee/dlp"
)

func medicalSpecialities() dlp.Type {
	return dlp.Type{
		ID: "medical-specialities", Name: "Medical specialities",
		Group:  dlp.Health,
		About:  "Names of medical specialities near words for patients and treatment.",
		Source: "Our own list of common terms",
		Patterns: []dlp.Pattern{
			{Expr: `(?i:anesthesiology|anaesthesiology|cardiology|dermatology|endocrinology|gastroenterology|geriatrics|gynecology|gynaecology|hematology|haematology|immunology|infectious[ -]diseases|nephrology|neurology|neurosurgery|obstetrics|oncology|ophthalmology|orthopedics|orthopaedics|otolaryngology|palliative[ -]care|pathology|pediatrics|paediatrics|psychiatry|pulmonology|radiology|rheumatology|urology|vascular[ -]surgery)`, Near: dlp.Medium},
		},
		Keywords: []string{
			"patient", "patients", "diagnosis", "diagnosed", "symptoms", "treatment", "prescribed", "prescription", "hospital", "physician", "doctor", "clinic",
			"medical", "medical history", "medical record", "patienten", "patientin", "diagnose", "arzt", "krankenhaus", "médecin", "hôpital", "paciente",
			"médico", "hospitalized", "mrn", "date of birth", "dob",
		},
		Proximity: 150,
		Positives: []string{
			`Patient referred to oncology`,
		},
		Negatives: []string{
			`oncology`,
		},
	}
}
